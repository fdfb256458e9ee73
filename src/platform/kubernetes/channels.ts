import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { refusalOf } from './errors.ts'
import { queryText, textOf, type Query, type Transport } from './transport.ts'

/** Milliseconds for the server to answer the handshake: it asks the node first, which may take a while to start. */
const handshakeTimeout = 30_000
/** Milliseconds between signs of life, and without one until a connection counts as dead: gateways forget silent ones. */
const pingEvery = 15_000
const longestSilence = 60_000
/** Bytes of one message, as kubectl sends them. */
const largestMessage = 32_768
/** Close code of a connection that ended without a closing handshake (RFC 6455, 7.4.1). */
const withoutGoodbye = 1006

/** One WebSocket that carries numbered channels: the first byte of a message is its channel (`*.channel.k8s.io`). */
export interface Channels {
  /** The protocol that the server chose. */
  readonly protocol: string
  /** In pieces; `done` is called when the last is on its way: the back-pressure of the connection. */
  send(channel: number, data: Uint8Array, done: Done): void
  /** Stops reading from the connection, and goes on. */
  pause(): void
  resume(): void
  /** Says goodbye; what has been sent arrives. */
  close(): void
  /** Drops the connection. */
  terminate(): void
}

export type Done = (error: Error | null) => void

export interface ChannelEvents {
  readonly onMessage: (channel: number, data: Buffer) => void
  /** Once. Without an error the server said goodbye. */
  readonly onClose: (error: Error | undefined) => void
}

/**
 * `attach` is called when the connection is open, before its first message; what it makes is the result. Throws as
 * `Transport.stream` does. Aborting after that is the caller's: `terminate`.
 */
export async function openChannels<T extends ChannelEvents>(
  transport: Transport,
  target: { readonly path: string; readonly query: Query; readonly protocols: readonly string[] },
  attach: (channels: Channels) => T,
  signal?: AbortSignal,
): Promise<T> {
  // One signal may end any number of connections.
  if (signal) setMaxListeners(0, signal)
  try {
    for (let isRenewed = false; ; isRenewed = true) {
      signal?.throwIfAborted()
      const identity = await transport.credentials.identity()
      const connection = await transport.connect()
      const address = new URL(connection.basePath + target.path + queryText(target.query), connection.url)
      address.protocol = connection.url.protocol === 'https:' ? 'wss:' : 'ws:'
      const socket = new WebSocket(address, target.protocols, {
        agent: connection.agentFor(identity, 'stream'),
        headers: { ...identity.headers, 'User-Agent': 'iamstack' },
        // Binary data of one machine or one network: packing it costs more than sending it.
        perMessageDeflate: false,
        handshakeTimeout,
      })
      const outcome = await opening(socket, attach, signal)
      if (outcome.kind === 'open') return outcome.attached
      const { statusCode = 0, statusMessage = '' } = outcome.response
      const body = await textOf(outcome.response)
      if (statusCode !== 401) throw refusalOf(statusCode, statusMessage, body)
      if (isRenewed || !(await transport.credentials.renew(identity)))
        throw await transport.credentials.refusal()
    }
  } catch (error) {
    throw transport.failureOf(error, signal)
  }
}

type Opening<T> =
  | { readonly kind: 'open'; readonly attached: T }
  /** A server that does not upgrade. */
  | { readonly kind: 'refused'; readonly response: IncomingMessage }

function opening<T extends ChannelEvents>(
  socket: WebSocket,
  attach: (channels: Channels) => T,
  signal: AbortSignal | undefined,
): Promise<Opening<T>> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      socket.terminate()
    }
    const settled = () => {
      signal?.removeEventListener('abort', abort)
    }
    signal?.addEventListener('abort', abort, { once: true })
    socket.once('open', () => {
      settled()
      resolve({ kind: 'open', attached: attachTo(socket, attach) })
    })
    socket.once('unexpected-response', (_request, response) => {
      settled()
      resolve({ kind: 'refused', response })
    })
    // Stays: a terminated handshake tells once more.
    socket.on('error', (error) => {
      settled()
      reject(error)
    })
  })
}

function attachTo<T extends ChannelEvents>(socket: WebSocket, attach: (channels: Channels) => T): T {
  let failure: Error | undefined
  let isReading = true
  let lastSign = Date.now()
  const channels = channelsOver(socket, (isRead) => {
    isReading = isRead
    lastSign = Date.now()
  })
  const attached = attach(channels)
  const pinging = setInterval(() => {
    // While we do not read, we cannot see that it lives.
    if (isReading && Date.now() - lastSign > longestSilence) socket.terminate()
    else if (socket.readyState === WebSocket.OPEN) socket.ping()
  }, pingEvery)
  pinging.unref()
  socket.on('message', (data) => {
    lastSign = Date.now()
    const channel = data[0]
    if (channel !== undefined) attached.onMessage(channel, data.subarray(1))
  })
  socket.on('pong', () => {
    lastSign = Date.now()
  })
  socket.on('error', (error) => {
    failure = error
  })
  socket.once('close', (code) => {
    clearInterval(pinging)
    attached.onClose(failure ?? (code === withoutGoodbye ? brokenOff() : undefined))
  })
  return attached
}

function channelsOver(socket: WebSocket, onReading: (isRead: boolean) => void): Channels {
  let isReading = true
  function read(isWanted: boolean): void {
    if (isReading === isWanted) return
    isReading = isWanted
    onReading(isWanted)
    if (isWanted) socket.resume()
    else socket.pause()
  }

  function sendPiece(channel: number, data: Uint8Array, start: number, done: Done): void {
    if (socket.readyState !== WebSocket.OPEN) {
      done(brokenOff())
      return
    }
    const piece = data.subarray(start, start + largestMessage)
    const message = Buffer.allocUnsafe(piece.byteLength + 1)
    message[0] = channel
    message.set(piece, 1)
    const end = start + piece.byteLength
    socket.send(message, (error) => {
      if (error || end >= data.byteLength) done(error ?? null)
      else sendPiece(channel, data, end, done)
    })
  }

  return {
    protocol: socket.protocol,
    send: (channel, data, done) => {
      sendPiece(channel, data, 0, done)
    },
    pause: () => {
      read(false)
    },
    resume: () => {
      read(true)
    },
    close: () => {
      socket.close()
    },
    terminate: () => {
      socket.terminate()
    },
  }
}

function brokenOff(): Error {
  return Object.assign(new Error('the connection broke off'), { code: 'ECONNRESET' })
}
