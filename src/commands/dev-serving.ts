import { serveDev, type DevServer } from '../attach/server.ts'
import { attachProtocol } from '../attach/protocol.ts'
import { exitCodeOf } from '../report/failure.ts'
import { messageOf } from '../report/words.ts'
import { devLog } from '../session/layout.ts'
import type { Opened } from '../session/opened.ts'
import { version } from '../version.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'
import type { DevIntents } from './dev-intents.ts'
import { tell } from './dev-turns.ts'
import type { ScreenFeed } from './screen-feed.ts'

export type { DevServer }

/**
 * Does the work of `dev` while others can attach to it; those who are attached learn how it ended. Where no socket can be made,
 * the work is done all the same, and that is told.
 */
export async function serving(
  opened: Opened,
  given: Arguments,
  around: Surroundings,
  { feed, intents }: { readonly feed: ScreenFeed; readonly intents: DevIntents },
  signal: AbortSignal,
  work: (server: DevServer) => Promise<number>,
): Promise<number> {
  const server = await serve(opened, given, around, feed, intents).catch((error: unknown) => {
    tell(opened, `nobody can attach to this dev: ${messageOf(error)}`)
    return nobody
  })
  let exitCode: number
  try {
    exitCode = await work(server)
  } catch (error) {
    await server.close(exitCodeOf(error, signal.aborted))
    throw error
  }
  await server.close(exitCode)
  return exitCode
}

const nobody: DevServer = { settle: () => undefined, close: () => Promise.resolve() }

function serve(
  { stack, memory, store }: Opened,
  given: Arguments,
  around: Surroundings,
  feed: ScreenFeed,
  intents: DevIntents,
): Promise<DevServer> {
  return serveDev({
    state: memory.folder,
    hello: {
      type: 'hello',
      protocol: attachProtocol,
      version,
      pid: process.pid,
      startedAt: Date.now(),
      project: stack.project,
      target: stack.profile.target,
      services: given.operands,
      ...(around.isDetached && { log: devLog(memory.folder) }),
    },
    events: store,
    screen: feed,
    act: (intent) => intents.act(intent),
  })
}
