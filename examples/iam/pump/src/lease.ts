import type { RedisClient } from '../../common/src/redis-client.ts'

/** The right to empty the list. The stack runs one pump; this keeps a second one, during a replacement, from deleting unwritten records. */
export interface Lease {
  /** Takes or renews it; false while another pump has it. */
  hold(): Promise<boolean>
  release(): Promise<void>
}

const key = 'iam:pump:lease'
/** After this long, in milliseconds, the lease of a pump that died is free. */
const lifetime = 5000

export function createLease(redis: RedisClient, id: string): Lease {
  const isOurs = async (): Promise<boolean> => (await redis.command('GET', key)) === id
  return {
    async hold() {
      if ((await redis.command('SET', key, id, 'NX', 'PX', String(lifetime))) === 'OK') return true
      return (await isOurs()) && (await redis.command('PEXPIRE', key, String(lifetime))) === 1
    },
    async release() {
      if (await isOurs()) await redis.command('DEL', key)
    },
  }
}
