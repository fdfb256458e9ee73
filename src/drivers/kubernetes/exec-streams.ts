import { StepError } from '../../plan/step-error.ts'
import type { KubeClient } from '../../platform/kubernetes/client.ts'
import type { ExecRequest } from '../driver.ts'

/** A container by its place in the cluster. */
export interface ContainerPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

/** How a command went: it ended, or it never began and nothing of it was seen. */
export type ExecOutcome =
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'not-begun'; readonly error: unknown }

/** Runs a command with the streams of the request. An abort lets go of it and throws the signal's reason. */
export async function runIn(
  client: Pick<KubeClient, 'exec'>,
  { namespace, pod, container }: ContainerPlace,
  request: Pick<ExecRequest, 'command' | 'tty' | 'stdin' | 'stdout' | 'stderr' | 'resize'>,
  signal: AbortSignal,
): Promise<ExecOutcome> {
  const { command, tty, stdin, stdout, stderr } = request
  signal.throwIfAborted()
  let execution
  try {
    execution = await client.exec(
      namespace,
      pod,
      { container, command, tty, stdin: stdin !== undefined },
      signal,
    )
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'not-begun', error }
  }
  const { stdin: input, exitCode } = execution
  request.resize?.onResize((columns, rows) => execution.resize(columns, rows))
  const progress = { hasSpoken: false }
  const heard = (): void => {
    progress.hasSpoken = true
  }
  const copies = Promise.all([
    copied(execution.stdout, stdout, heard),
    execution.stderr ? copied(execution.stderr, stderr, heard) : '',
  ])
  if (stdin && input) {
    // The end of the command is no failure of its input.
    input.on('error', () => stdin.unpipe(input))
    stdin.pipe(input)
  }
  try {
    const code = await exitCode
    const excuse = (await copies).join('')
    if (excuse === '' || progress.hasSpoken) return { kind: 'ended', exitCode: code }
    return { kind: 'not-begun', error: new StepError('deploy', excuse) }
  } catch (error) {
    signal.throwIfAborted()
    await copies
    if (progress.hasSpoken) throw error
    return { kind: 'not-begun', error }
  } finally {
    if (stdin && input) {
      stdin.unpipe(input)
      // Nobody reads a terminal any more: without this it would keep the program alive.
      stdin.pause()
    }
  }
}

/** Docker's way to say that it could not start the command: as if that were the command's output. */
const runtimeExcuse = 'OCI runtime exec failed: '

/** Writes what comes, no faster than it is taken. The result is what the runtime said in place of the command. */
async function copied(
  source: NodeJS.ReadableStream,
  target: NodeJS.WritableStream,
  heard: () => void,
): Promise<string> {
  let excuse = ''
  for await (const chunk of source) {
    const text = chunk.toString()
    if (excuse === '' && text.startsWith(runtimeExcuse)) {
      excuse = text
      continue
    }
    heard()
    if (excuse !== '') target.write(excuse)
    excuse = ''
    if (!target.write(chunk)) await new Promise<void>((resolve) => target.once('drain', () => resolve()))
  }
  return excuse
}
