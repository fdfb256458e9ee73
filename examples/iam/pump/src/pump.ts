import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, type Log } from '../../common/src/log.ts'
import type { Metrics } from '../../common/src/metrics.ts'
import type { RedisClient } from '../../common/src/redis-client.ts'
import { batchSize, drainOnce } from './drain.ts'
import type { Lease } from './lease.ts'
import type { Sink } from './sinks/sink.ts'

export interface Pump {
  /** Why the last round failed; undefined while all is well. */
  readonly problem: () => string | undefined
  /** Ends after the round that is under way, and gives the lease back. */
  close(): Promise<void>
}

/** Milliseconds between two rounds, unless a full batch says that there is more. */
const every = 1000

export interface PumpParts {
  readonly redis: RedisClient
  readonly sink: Sink
  readonly lease: Lease
  readonly metrics: Metrics
  readonly log: Log
}

/** Drains the list every second for as long as it is open. */
export function startPump({ redis, sink, lease, metrics, log }: PumpParts): Pump {
  const written = metrics.counter('iam_pump_records_written_total', 'Records that reached the sink.')
  const rejected = metrics.counter('iam_pump_records_rejected_total', 'Entries that were no records.')
  const stop = new AbortController()
  let problem: string | undefined = 'the first round has not ended'
  metrics.gauge('iam_pump_healthy', '1 while records can be moved.', () => Number(problem === undefined))

  /** True where there is more to do at once. */
  const round = async (): Promise<boolean> => {
    try {
      await sink.check()
      const drained = await drainOnce(redis, sink, lease)
      written.add(drained.written)
      rejected.add(drained.rejected)
      if (drained.written > 0) log.info('records written', { count: drained.written })
      if (drained.rejected > 0)
        log.warn('entries that are no records were deleted', { count: drained.rejected })
      problem = undefined
      return drained.written + drained.rejected === batchSize
    } catch (error) {
      problem = reasonOf(error)
      log.warn('records stay in redis', { reason: problem })
      return false
    }
  }
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const hasMore = await round()
      if (!hasMore) await sleep(every, undefined, { signal: stop.signal }).catch(ignoreAbort)
    }
  }

  const running = run()
  return {
    problem: () => problem,
    async close() {
      stop.abort()
      await running
      await lease.release()
    },
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
