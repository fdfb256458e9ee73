import { agentCommand, openAgentChannel } from './agent.ts'
import { ChannelError, type InnerProcess } from './channel.ts'
import type { InsideChannel } from './inside.ts'
import { openShellChannel, shellCommand } from './shell.ts'

export interface Way {
  /** Starts a command inside the container, with its input open. May throw where the engine can tell that there is no such program. */
  readonly exec: (argv: readonly string[]) => Promise<InnerProcess>
  /** Where the agent was put inside; without it only the shell is asked. */
  readonly agentPath?: string
  /** Ends the attempt, with its reason. */
  readonly signal: AbortSignal
}

/**
 * Opens the best channel that the container offers: the agent, where it is ours and of our version, else a shell. Throws
 * ChannelError that says of each why not.
 */
export async function openChannel({ exec, agentPath, signal }: Way): Promise<InsideChannel> {
  const tries: readonly Try[] = [
    ...(agentPath === undefined
      ? []
      : [{ what: `agent at ${agentPath}`, argv: agentCommand(agentPath), open: openAgentChannel }]),
    { what: 'shell', argv: shellCommand(), open: openShellChannel },
  ]
  const refusals: string[] = []
  for (const { what, argv, open } of tries) {
    signal.throwIfAborted()
    try {
      return await open(await exec(argv), signal)
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error
      refusals.push(`${what}: ${error.message}`)
    }
  }
  throw new ChannelError(`there is nothing inside to speak to: ${refusals.join('; ')}`)
}

interface Try {
  readonly what: string
  readonly argv: readonly string[]
  readonly open: (process: InnerProcess, signal: AbortSignal) => Promise<InsideChannel>
}
