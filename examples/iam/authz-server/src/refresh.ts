import { setTimeout as sleep } from 'node:timers/promises'
import { retryForever } from '../../common/src/back-off.ts'
import { reasonOf, type Log } from '../../common/src/log.ts'

export interface Refresher {
  /** Loads anew; what is asked for during a load leads to exactly one more. */
  readonly request: () => void
  /** Resolves when no load is under way. */
  close(): Promise<void>
}

/** A message may be lost between two programs; this often, in milliseconds, everything is loaded without one. */
const resyncEvery = 60_000

/** Keeps loading until one attempt succeeds, whenever it is asked to. */
export function createRefresher(load: () => Promise<void>, log: Log): Refresher {
  const stop = new AbortController()
  let isWanted = false
  let running: Promise<void> | undefined

  const run = async (): Promise<void> => {
    while (isWanted && !stop.signal.aborted) {
      isWanted = false
      await retryForever(load, stop.signal, (error) =>
        log.warn('policies and secrets cannot be loaded', { reason: reasonOf(error) }),
      )
    }
  }
  const request = (): void => {
    isWanted = true
    running ??= run()
      .catch(ignoreAbort)
      .finally(() => (running = undefined))
  }
  const resync = async (): Promise<void> => {
    for (;;) {
      await sleep(resyncEvery, undefined, { signal: stop.signal, ref: false })
      request()
    }
  }

  void resync().catch(ignoreAbort)
  return {
    request,
    async close() {
      stop.abort()
      await running
    },
  }

  function ignoreAbort(error: unknown): void {
    if (!stop.signal.aborted) throw error
  }
}
