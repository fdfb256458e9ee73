import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { backOff } from './back-off.ts'
import { reasonOf, type Log } from './log.ts'
import { createRespParser, encodeCommand, type RespValue } from './resp.ts'

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

export interface ConnectionEvents {
  /** A new connection stands; called again after every reconnect. */
  readonly onConnect: () => void
  readonly onValue: (value: RespValue) => void
  /** It broke; replies that were due will not come. */
  readonly onLost: (reason: Error) => void
}

export interface Connection {
  readonly isConnected: () => boolean
  /** False where there is no connection: nothing was sent. */
  send(words: readonly string[]): boolean
  /** Drops the connection that stands, which then comes anew. */
  reset(reason: Error): void
  readonly close: () => void
}

/** Milliseconds; a machine that is gone does not even refuse. */
const connectWithin = 5000

/** A connection that comes back by itself, with a growing pause between attempts, until it is closed. */
export function keepConnected(address: RedisAddress, events: ConnectionEvents, log: Log): Connection {
  const stop = new AbortController()
  let socket: Socket | undefined
  let isConnected = false

  const isClosed = (): boolean => stop.signal.aborted
  const keep = async (): Promise<void> => {
    let failures = 0
    while (!isClosed()) {
      socket = connect({ ...address, keepAlive: true, keepAliveInitialDelay: 10_000, noDelay: true })
      const reason = await untilLost(socket, events.onValue, () => {
        failures = 0
        isConnected = true
        events.onConnect()
      })
      isConnected = false
      events.onLost(reason)
      if (isClosed()) return
      failures += 1
      log.warn('redis is not reachable', { ...address, reason: reason.message })
      await sleep(backOff(failures), undefined, { signal: stop.signal }).catch(ignoreAbort)
    }
  }

  void keep()
  return {
    isConnected: () => isConnected,
    send(words) {
      if (isConnected) socket?.write(encodeCommand(words))
      return isConnected
    },
    reset: (reason) => void socket?.destroy(reason),
    close() {
      stop.abort()
      socket?.destroy()
    },
  }
}

/** Resolves with the reason once the connection is gone, or never came to be. */
function untilLost(
  socket: Socket,
  onValue: (value: RespValue) => void,
  onConnect: () => void,
): Promise<Error> {
  const parse = createRespParser(onValue)
  let reason = new Error('the connection was closed')
  const late = new Error(`no connection within ${String(connectWithin / 1000)} s`)
  const timer = setTimeout(() => socket.destroy(late), connectWithin)
  return new Promise((resolve) => {
    socket.on('connect', () => {
      clearTimeout(timer)
      onConnect()
    })
    socket.on('error', (error) => (reason = new Error(reasonOf(error))))
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(reason)
    })
    socket.on('data', (chunk: Buffer) => {
      try {
        parse(chunk)
      } catch (error) {
        socket.destroy(new Error(reasonOf(error)))
      }
    })
  })
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
