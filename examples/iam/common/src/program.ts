import { parseArgs } from 'node:util'
import { ConfigError } from './config-error.ts'
import { createLog, reasonOf, type Log } from './log.ts'

/** What stops when the program stops; the last that was added goes first. */
export interface Shutdown {
  /** Aborts as soon as the program is asked to end. */
  readonly signal: AbortSignal
  add(stop: () => Promise<void> | void): void
}

/** After this long an orderly end is given up: below the 10 s that a stack grants by default. */
const longestShutdown = 8000

/**
 * Runs a server until SIGTERM or SIGINT, then stops its parts in order and exits 0. Exits 2 for a configuration that cannot be
 * used and 1 for every other failure to start.
 */
export async function runProgram(name: string, start: (shutdown: Shutdown) => Promise<void>): Promise<void> {
  const log = createLog(name)
  const abort = new AbortController()
  const stops: (() => Promise<void> | void)[] = []
  const stop = (signal: NodeJS.Signals): void => {
    if (abort.signal.aborted) return
    log.info('stopping', { signal })
    abort.abort(new Error('the program stops'))
    setTimeout(() => process.exit(1), longestShutdown).unref()
    void stopAll(stops, log).then(() => process.exit(0))
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  try {
    await start({ signal: abort.signal, add: (each) => void stops.unshift(each) })
    log.info('started', { pid: process.pid, milliseconds: Math.round(performance.now()) })
  } catch (error) {
    if (abort.signal.aborted) return
    log.error('cannot start', { reason: reasonOf(error) })
    process.exit(error instanceof ConfigError ? 2 : 1)
  }
}

/** The value of `--config`, else the path in the image. */
export function configPath(argv: readonly string[], program: string): string {
  const { values } = parseArgs({ args: [...argv], options: { config: { type: 'string' } } })
  return values.config ?? `/etc/iam/${program}.yaml`
}

async function stopAll(stops: readonly (() => Promise<void> | void)[], log: Log): Promise<void> {
  for (const stop of stops) {
    try {
      await stop()
    } catch (error) {
      log.warn('a part did not stop cleanly', { reason: reasonOf(error) })
    }
  }
}
