import {
  Agent,
  request as requestHttp,
  type ClientRequest,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http'
import { isIP } from 'node:net'
import type { EngineEndpoint, EngineTls } from './endpoint.ts'

/** The name we send as Host where there is none; the engine does not look at it. */
const nominalHost = 'docker'

/** Milliseconds that a TCP connection may take to open. */
const connectTimeout = 10_000

/** Opens requests to one engine over connections that are kept for the next one; idle ones do not keep the process alive. */
export interface Connection {
  readonly agent: Agent
  /** Prefix of every path. */
  readonly basePath: string
  readonly target: RequestOptions
  start(request: StartOptions): ClientRequest
  close(): void
}

export interface StartOptions {
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly signal?: AbortSignal
}

/** Imports what this kind of endpoint needs, and no more; connects to nothing. */
export async function openConnection(endpoint: EngineEndpoint): Promise<Connection> {
  switch (endpoint.kind) {
    case 'socket':
      return connection(
        new Agent({ keepAlive: true }),
        '',
        // No name for TLS: left open, the agent would find one out, by an expression that takes long to compile.
        { host: nominalHost, socketPath: endpoint.path, servername: '' },
        requestHttp,
      )
    case 'tcp': {
      const target = { host: endpoint.host, port: endpoint.port }
      if (endpoint.tls === undefined) {
        return connection(new Agent({ keepAlive: true }), endpoint.basePath, target, requestHttp)
      }
      const https = await import('node:https')
      const agent = new https.Agent({ keepAlive: true, ...tlsOptions(endpoint.tls, endpoint.host) })
      return connection(agent, endpoint.basePath, { ...target, protocol: 'https:' }, https.request)
    }
    case 'ssh': {
      const { SshConnection } = await import('./ssh-connection.ts')
      const agent = new Agent({ keepAlive: true })
      Object.assign(agent, { createConnection: () => new SshConnection(endpoint) })
      return connection(agent, '', { host: nominalHost }, requestHttp)
    }
    default:
      return endpoint satisfies never
  }
}

function connection(
  agent: Agent,
  basePath: string,
  target: RequestOptions & { readonly servername?: string },
  request: (options: RequestOptions) => ClientRequest,
): Connection {
  return {
    agent,
    basePath,
    target,
    start: (options) => {
      const started = request({ ...target, ...options, agent })
      limitConnecting(started)
      return started
    },
    close: () => {
      agent.destroy()
    },
  }
}

/** A host that drops packets would otherwise be waited for by the system's own limit, which is minutes. */
function limitConnecting(request: ClientRequest): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => {
      const error = new Error(`no connection within ${String(connectTimeout)} ms`)
      request.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
    }, connectTimeout)
    const stop = () => {
      clearTimeout(timer)
    }
    socket.once('connect', stop)
    socket.once('close', stop)
  })
}

function tlsOptions(tls: EngineTls, host: string) {
  return {
    ...(tls.ca && { ca: tls.ca }),
    ...(tls.cert && { cert: tls.cert }),
    ...(tls.key && { key: tls.key }),
    rejectUnauthorized: tls.isVerified,
    ...(isIP(host) === 0 && { servername: host }),
  }
}
