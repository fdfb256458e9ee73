import type { RemoteIntent } from '../attach/protocol.ts'
import { styleFor, plainStyle } from '../report/style.ts'
import type { OnExit, Screen, ScreenDoor, ScreenOptions } from '../state/screen.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'
import { actHere } from './local-intents.ts'
import type { ScreenFeed } from './screen-feed.ts'

export interface DevScreenOptions {
  readonly door: ScreenDoor
  readonly given: Arguments
  readonly around: Surroundings
  readonly feed: ScreenFeed
  readonly act: (intent: RemoteIntent) => Promise<string | undefined>
}

/** Whether a person sits before a terminal that a screen fits on, and did not ask for lines. */
export function wantsScreen(given: Arguments, { stdin, stdout, env }: Surroundings): boolean {
  const progress = given.text('progress') ?? 'auto'
  if (progress !== 'auto' && progress !== 'tty') return false
  if (given.isOn('ci') || given.text('output') === 'json' || (env['CI'] ?? '') !== '') return false
  const { rows = 0 } = stdout as { readonly rows?: number }
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true && (stdout.columns ?? 0) > 0 && rows > 0
  return isTerminal && env['TERM'] !== 'dumb' && (env['TERM'] ?? '') !== ''
}

/**
 * Opens the terminal UI over a running `dev`: its events, what the target says between them, and the logs of its services. The
 * result ends it all and gives the terminal back; it may be called twice.
 */
export async function openDevScreen({ door, given, around, feed, act }: DevScreenOptions): Promise<Screen> {
  const release = feed.watch()
  const screen = await door.open({
    ...(await looksOf(given, around)),
    store: feed.store,
    logs: feed.logs,
    act: (intent) => {
      switch (intent.kind) {
        case 'open':
        case 'run':
          return actHere(intent, given, around)
        case 'leave':
          // Of a screen that is attached to another process.
          return Promise.resolve(undefined)
        default:
          return act(intent)
      }
    },
  })
  return {
    get isClosed() {
      return screen.isClosed
    },
    aside: (work) => screen.aside(work),
    close() {
      release()
      screen.close()
    },
  }
}

/** What the command line and the environment say of every screen. */
export async function looksOf(
  given: Arguments,
  { env, stdout }: Surroundings,
): Promise<Pick<ScreenOptions, 'env' | 'verbs' | 'onExit' | 'isColoured'>> {
  const { commands } = await import('./table.ts')
  return {
    env,
    verbs: commands.map(({ name, summary, completes }) => ({ name, summary, completes })),
    onExit: onExitOf(given.text('on-exit')),
    isColoured: styleFor(given.text('ansi'), stdout, env) !== plainStyle,
  }
}

function onExitOf(text: string | undefined): OnExit | undefined {
  switch (text) {
    case 'keep':
    case 'stop':
    case 'down':
      return text
    default:
      return undefined
  }
}
