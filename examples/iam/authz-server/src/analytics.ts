import { randomUUID } from 'node:crypto'
import { reasonOf, type Log } from '../../common/src/log.ts'
import type { Metrics } from '../../common/src/metrics.ts'
import { analyticsList } from '../../common/src/names.ts'
import type { AnalyticsRecord } from '../../common/src/analytics-record.ts'
import type { RedisClient } from '../../common/src/redis-client.ts'

export interface Analytics {
  /** Never waits and never fails: a decision does not depend on its record. */
  record(entry: Omit<AnalyticsRecord, 'id' | 'time'>): void
  /** Resolves when everything is with Redis, or cannot get there. */
  close(): Promise<void>
}

/** Records kept while Redis is away; beyond that the oldest are dropped, and counted. */
const mostHeld = 10_000
const mostAtOnce = 500
/** Milliseconds between two attempts while Redis does not take records. */
const retryEvery = 1000

/** Pushes each decision to the list that the pump empties; several under way at once travel together. */
export function createAnalytics(redis: RedisClient, metrics: Metrics, log: Log): Analytics {
  const held: string[] = []
  const dropped = metrics.counter(
    'iam_authz_records_dropped_total',
    'Decisions whose record was lost for lack of Redis.',
  )
  metrics.gauge('iam_authz_records_held', 'Records that Redis has not taken yet.', () => held.length)
  let sending: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const send = async (): Promise<void> => {
    while (held.length > 0 && redis.isConnected()) {
      const batch = held.slice(0, mostAtOnce)
      await redis.command('LPUSH', analyticsList, ...batch)
      held.splice(0, batch.length)
    }
  }
  const flush = (): Promise<void> =>
    (sending ??= send()
      .catch((error: unknown) => log.warn('records are held back', { reason: reasonOf(error) }))
      .finally(() => {
        sending = undefined
        if (held.length > 0) timer ??= setTimeout(retry, retryEvery).unref()
      }))
  const retry = (): void => {
    timer = undefined
    void flush()
  }

  return {
    record(entry) {
      held.push(JSON.stringify({ id: randomUUID(), time: new Date().toISOString(), ...entry }))
      if (held.length > mostHeld) dropped.add(held.splice(0, held.length - mostHeld).length)
      void flush()
    },
    async close() {
      await flush()
      clearTimeout(timer)
    },
  }
}
