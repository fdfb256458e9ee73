import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Event, EventType } from '../../src/state/events.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** The bundle under test: `dist` of this repository, or another build of it. */
export const entry = join(process.env['IAMSTACK_TEST_DIST'] ?? join(root, 'dist'), 'cli.js')

/** Milliseconds after which a command counts as hanging; hardly a command of these suites takes a third of it. */
const usualPatience = 240_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** What `--progress json` told; empty without it. */
  readonly events: readonly Event[]
}

export type SomeEvent<T extends EventType> = Extract<Event, { readonly type: T }>

export interface Started {
  readonly pid: number
  readonly ended: Promise<Ended>
  output(): string
  kill(signal: NodeJS.Signals): void
  /** The first event of this type that fits, told before or after this call; fails with the output when the program ends first. */
  event<T extends EventType>(type: T, isMeant?: (event: SomeEvent<T>) => boolean): Promise<SomeEvent<T>>
  /** Events that are told from now on are the only ones that `event` sees. */
  forget(): void
  /** The events that `event` sees. */
  events(): readonly Event[]
}

export interface Running {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What stands before the program, such as `unshare -m`. */
  readonly wrapper?: readonly string[]
  readonly stdin?: string
  /** Another `cli.js`, run by another Node. */
  readonly program?: readonly string[]
  /** Milliseconds after which it counts as hanging. Default: four minutes. */
  readonly patience?: number
}

/** The bundled command line as a user runs it. */
export function startProgram(words: readonly string[], running: Running): Started {
  if (!running.program && !existsSync(entry)) throw new Error(`${entry} is not there: npm run build`)
  const [file = '', ...rest] = [
    ...(running.wrapper ?? []),
    ...(running.program ?? [process.execPath, entry]),
    ...words,
  ]
  const child = spawn(file, rest, {
    cwd: running.cwd,
    env: { ...running.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A program that does not read its input to the end is no failure.
  child.stdin.on('error', () => undefined)
  child.stdin.end(running.stdin ?? '')
  const heard = listen(child)
  const limit = setTimeout(() => child.kill('SIGKILL'), running.patience ?? usualPatience)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      resolve({ code, signal, stdout: heard.stdout(), stderr: heard.stderr(), events: heard.events() })
    })
  })
  ended.catch(() => undefined)
  let from = 0
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => heard.stdout() + heard.stderr(),
    kill: (signal) => void child.kill(signal),
    forget: () => {
      from = heard.events().length
    },
    events: () => heard.events().slice(from),
    async event(type, isMeant = () => true) {
      const isWanted = (event: Event): event is SomeEvent<typeof type> =>
        event.type === type && isMeant(event as SomeEvent<typeof type>)
      for (;;) {
        const found = heard.events().slice(from).find(isWanted)
        if (found) return found
        const isOver = await Promise.race([heard.more().then(() => false), ended.then(() => true)])
        if (isOver) throw new Error(`the program ended before ${type}:\n${heard.stdout()}${heard.stderr()}`)
      }
    },
  }
}

/** Everything a child said so far, and a promise of more. */
function listen(child: ChildProcess) {
  let stdout = ''
  let stderr = ''
  let told = 0
  const events: Event[] = []
  const waiting = new Set<() => void>()
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    for (let end = stdout.indexOf('\n', told); end !== -1; end = stdout.indexOf('\n', told)) {
      const line = stdout.slice(told, end)
      told = end + 1
      if (line.startsWith('{') && line.includes('"at":')) events.push(JSON.parse(line) as Event)
    }
    for (const wake of waiting) wake()
    waiting.clear()
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    events: () => events,
    more: () => new Promise<void>((resolve) => waiting.add(resolve)),
  }
}
