import type { AnalyticsRecord } from '../../common/src/analytics-record.ts'
import { analyticsList } from '../../common/src/names.ts'
import type { RedisClient } from '../../common/src/redis-client.ts'
import type { Lease } from './lease.ts'
import type { Sink } from './sinks/sink.ts'

export interface Drained {
  readonly written: number
  /** Entries that are no records: deleted, for they would block the list for ever. */
  readonly rejected: number
}

/** Records in one write. */
export const batchSize = 1000

const nothing: Drained = { written: 0, rejected: 0 }

/**
 * Moves the oldest records from Redis to the sink. They leave Redis only after the sink has them: whoever is killed in between
 * has written them, and writes them again, which the sink recognises by their ids. Nobody but the holder of the lease deletes.
 */
export async function drainOnce(redis: RedisClient, sink: Sink, lease: Lease): Promise<Drained> {
  if (!(await lease.hold())) return nothing
  const entries = await redis.command('LRANGE', analyticsList, String(-batchSize), '-1')
  if (!Array.isArray(entries) || entries.length === 0) return nothing
  const records = entries.flatMap((entry: unknown) => recordOf(entry)).reverse()
  if (records.length > 0) await sink.write(records)
  // The write may have taken longer than the lease lasts.
  if (!(await lease.hold())) return nothing
  await redis.command('LTRIM', analyticsList, '0', String(-entries.length - 1))
  return { written: records.length, rejected: entries.length - records.length }
}

function recordOf(entry: unknown): AnalyticsRecord[] {
  try {
    const value: unknown = JSON.parse(String(entry))
    const isRecord =
      typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
    return isRecord ? [value as AnalyticsRecord] : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
