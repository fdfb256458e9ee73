import { channels } from '../../common/src/names.ts'
import { reasonOf, type Log } from '../../common/src/log.ts'
import type { RedisClient } from '../../common/src/redis-client.ts'

/**
 * Publishes what changed. A message that Redis did not take is only logged: subscribers load anew when they reconnect, and
 * now and then in any case.
 */
export function createAnnouncer(redis: RedisClient, log: Log): (kind: keyof typeof channels) => void {
  return (kind) => {
    redis.command('PUBLISH', channels[kind], new Date().toISOString()).catch((error: unknown) => {
      log.warn('a change was not announced', { channel: channels[kind], reason: reasonOf(error) })
    })
  }
}
