import type { Log } from './log.ts'
import { keepConnected, type RedisAddress } from './redis-connection.ts'
import { RespError, type RespValue } from './resp.ts'

export interface RedisClient {
  readonly isConnected: () => boolean
  /** Sends one command. Rejects at once while there is no connection: the caller decides what then. */
  command(...words: readonly string[]): Promise<RespValue>
  readonly close: () => void
}

interface Pending {
  readonly resolve: (value: RespValue) => void
  readonly reject: (reason: Error) => void
}

/** Milliseconds; a server that holds a connection and does not answer is as good as away. */
const answerWithin = 5000

/** Commands over one connection, pipelined: replies come in the order of the commands. */
export function createRedisClient(address: RedisAddress, log: Log): RedisClient {
  let pending: Pending[] = []
  const connection = keepConnected(
    address,
    {
      onConnect: () => log.debug('redis connected'),
      onValue: (value) => {
        const next = pending.shift()
        if (value instanceof RespError) next?.reject(value)
        else next?.resolve(value)
      },
      onLost: (reason) => {
        const lost = pending
        pending = []
        for (const { reject } of lost) reject(reason)
      },
    },
    log,
  )
  return {
    isConnected: connection.isConnected,
    close: connection.close,
    command: (...words) =>
      new Promise((resolve, reject) => {
        if (!connection.send(words)) {
          reject(new Error('redis is not connected'))
          return
        }
        const late = new Error(`redis did not answer within ${String(answerWithin / 1000)} s`)
        const timer = setTimeout(() => connection.reset(late), answerWithin)
        pending.push({
          resolve(value) {
            clearTimeout(timer)
            resolve(value)
          },
          reject(reason) {
            clearTimeout(timer)
            reject(reason)
          },
        })
      }),
  }
}

export interface Subscription {
  readonly isConnected: () => boolean
  readonly close: () => void
}

/** Calls `onMessage` for each message, and once after every (re)connect: messages may have been missed meanwhile. */
export function subscribeRedis(
  address: RedisAddress,
  channels: readonly string[],
  onMessage: (channel: string | undefined) => void,
  log: Log,
): Subscription {
  const connection = keepConnected(
    address,
    {
      onConnect: () => connection.send(['SUBSCRIBE', ...channels]),
      onValue: (value) => {
        if (!Array.isArray(value)) return
        const [kind, channel, count] = value as readonly RespValue[]
        if (kind === 'message' && typeof channel === 'string') onMessage(channel)
        // The last confirmation: from here on no message is missed, what came before is.
        if (kind === 'subscribe' && count === channels.length) onMessage(undefined)
      },
      onLost: () => undefined,
    },
    log,
  )
  return { isConnected: connection.isConnected, close: connection.close }
}
