import { spawn } from 'node:child_process'
import type { Opened } from '../session/opened.ts'
import { createLogBuffers } from '../state/log-buffers.ts'
import type { Intent, OnExit, Screen, ScreenDoor, Verb } from '../state/screen.ts'
import { createStore } from '../state/store.ts'
import { styleFor, plainStyle } from '../report/style.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'
import { followLogs, lookAgainAndAgain, nameAll } from './screen-feed.ts'

/** What `dev` does for the screen. Each resolves when it is done; an error becomes a notice with its message. */
export interface DevActions {
  /** Ends `dev`; the screen is put away by whoever opened it. */
  quit(then: OnExit): void
  restart(services: readonly string[]): Promise<void>
  rebuild(services: readonly string[]): Promise<void>
  resync(services: readonly string[]): Promise<void>
  stop(services: readonly string[]): Promise<void>
  scale(service: string, replicas: number): Promise<void>
  /** Undefined: all of them. */
  smoke(checks: readonly string[] | undefined): Promise<void>
}

export interface DevScreenOptions {
  readonly door: ScreenDoor
  readonly given: Arguments
  readonly around: Surroundings
  /** The stack as it stands now: a reload makes another one. */
  readonly opened: () => Opened
  readonly verbs: readonly Verb[]
  readonly actions: DevActions
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
export async function openDevScreen(options: DevScreenOptions): Promise<Screen> {
  const { door, given, around, actions, opened } = options
  const stop = new AbortController()
  const source = opened().store
  // A store of its own: what is looked at for the screen alone is no event for those who read lines.
  const store = createStore(source.getState())
  const unsubscribe = source.subscribe((event) => {
    if (event.type !== 'log.written') store.dispatch(event)
  })
  const logs = createLogBuffers()
  nameAll(opened(), store)
  await opened().recallSecrets()
  const screen = await door.open({
    store,
    logs,
    env: around.env,
    verbs: options.verbs,
    onExit: onExitOf(given.text('on-exit')),
    isColoured: styleFor(given.text('ansi'), around.stdout, around.env) !== plainStyle,
    act: (intent) => act(intent, actions, options),
  })
  const background = [followLogs(opened, logs, stop.signal), lookAgainAndAgain(opened, store, stop.signal)]
  return {
    get isClosed() {
      return screen.isClosed
    },
    aside: (work) => screen.aside(work),
    close() {
      stop.abort()
      unsubscribe()
      screen.close()
      // Both end with the signal and report what goes wrong themselves.
      void Promise.allSettled(background)
    },
  }
}

async function act(
  intent: Intent,
  actions: DevActions,
  { given, around }: DevScreenOptions,
): Promise<string | undefined> {
  switch (intent.kind) {
    case 'quit':
      actions.quit(intent.then)
      return undefined
    case 'restart':
      await actions.restart(intent.services)
      return `restarted ${intent.services.join(', ')}`
    case 'rebuild':
      await actions.rebuild(intent.services)
      return `rebuilt ${intent.services.join(', ')}`
    case 'resync':
      await actions.resync(intent.services)
      return `brought ${intent.services.join(', ')} again`
    case 'stop':
      await actions.stop(intent.services)
      return `stopped ${intent.services.join(', ')}`
    case 'scale':
      await actions.scale(intent.service, intent.replicas)
      return `${intent.service} has ${intent.replicas} replicas`
    case 'smoke':
      await actions.smoke(intent.checks)
      return undefined
    case 'open':
      return await openInBrowser(intent.url, around.platform)
    case 'run':
      return await runAside(intent.words, intent.isInteractive, given, around)
    default:
      return intent satisfies never
  }
}

/** Another run of this program with the terminal to itself. What it wrote stays until a key, unless it was a dialogue. */
async function runAside(
  words: readonly string[],
  isInteractive: boolean,
  given: Arguments,
  around: Surroundings,
): Promise<string | undefined> {
  const [verb = '', ...rest] = words
  const program = process.argv[1]
  if (program === undefined) throw new Error('it is not known how this program was started')
  const child = spawn(process.execPath, [...process.execArgv, program, verb, ...sameStack(given), ...rest], {
    cwd: around.cwd,
    stdio: 'inherit',
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (!isInteractive) await enterPressed(around)
  return code === 0 ? undefined : `${verb} ended with exit code ${String(code)}`
}

/** The options that say which stack is meant, as they were given to us. */
function sameStack(given: Arguments): string[] {
  const single = ['file', 'instance', 'env-file'].flatMap((name) => {
    const value = given.text(name)
    return value === undefined ? [] : [`--${name}`, value]
  })
  const multiple = ['profile', 'var', 'set'].flatMap((name) =>
    given.list(name).flatMap((value) => [`--${name}`, value]),
  )
  return [...single, ...multiple]
}

function enterPressed({ stdin, stdout }: Surroundings): Promise<void> {
  stdout.write('\nenter goes back ')
  return new Promise((resolve) => {
    stdin.once('data', () => {
      stdin.pause()
      resolve()
    })
    stdin.resume()
  })
}

function openInBrowser(url: string, platform: NodeJS.Platform): Promise<string> {
  const program = platform === 'darwin' ? 'open' : 'xdg-open'
  return new Promise((resolve) => {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(`${url} (there is no ${program} to open it)`))
    child.once('spawn', () => {
      child.unref()
      resolve(`opened ${url}`)
    })
  })
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
