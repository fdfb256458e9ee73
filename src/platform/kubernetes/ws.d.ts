/** The part of `ws` that we use (github.com/websockets/ws/blob/master/doc/ws.md); the package brings no types of its own. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { Agent, ClientRequest, IncomingMessage } from 'node:http'

  interface Events {
    open: []
    message: [data: Buffer, isBinary: boolean]
    close: [code: number, reason: Buffer]
    error: [error: Error]
    pong: [data: Buffer]
    'unexpected-response': [request: ClientRequest, response: IncomingMessage]
  }

  export class WebSocket extends EventEmitter<Events> {
    static readonly OPEN: number
    readonly readyState: number
    readonly protocol: string
    constructor(
      address: URL,
      protocols: readonly string[],
      options: {
        readonly agent: Agent
        readonly headers: Readonly<Record<string, string | readonly string[]>>
        readonly perMessageDeflate: boolean
        readonly handshakeTimeout: number
      },
    )
    send(data: Uint8Array, done: (error?: Error) => void): void
    ping(): void
    pause(): void
    resume(): void
    close(): void
    terminate(): void
  }
}
