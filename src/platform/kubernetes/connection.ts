import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { StepError } from '../../plan/step-error.ts'
import { readFileOf, type Identity } from './credentials.ts'
import { connectTimeout } from './errors.ts'
import type { LoadedContext } from './kubeconfig.ts'
import { connectThrough, hostOf, proxyFor } from './proxy.ts'

/** Connections at a time for ordinary requests: more only make the server queue them. Streams have their own. */
const mostConnections = 16

/** Opens requests to one API server. Connections are kept for the next one; idle ones do not keep the process alive. */
export interface Connection {
  /** Path of the server's address, put before every path: `/k8s/clusters/c-abc` of a gateway. */
  readonly basePath: string
  start(identity: Identity, request: StartOptions): ClientRequest
  /** For WebSockets, which make their own request. */
  readonly url: URL
  agentFor(identity: Identity, use: Use): HttpAgent
  close(): void
}

/** A stream stays open for as long as somebody listens, and must not take the place of short requests. */
export type Use = 'request' | 'stream'

export interface StartOptions {
  readonly method: string
  /** With query, without base path. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly use: Use
  readonly signal?: AbortSignal
}

/** Connects to nothing yet. StepError when the authority's file cannot be read. */
export async function openConnection(context: LoadedContext): Promise<Connection> {
  const url = new URL(context.cluster.server)
  const isSecure = url.protocol === 'https:'
  const tls = isSecure ? await tlsOptions(context, url) : {}
  const proxy = proxyFor(url, context.cluster.proxyUrl, context.env)
  const target = { host: hostOf(url), port: Number(url.port || (isSecure ? 443 : 80)) }
  const agents = new Map<string, HttpAgent>()

  function agentFor(identity: Identity, use: Use): HttpAgent {
    // A renewed certificate needs connections of its own.
    const key = `${use} ${identity.certificate?.toString('latin1') ?? ''}`
    const known = agents.get(key)
    if (known) return known
    const options = { keepAlive: true, ...(use === 'request' && { maxSockets: mostConnections }) }
    const certificate = {
      ...(identity.certificate && { cert: identity.certificate }),
      ...(identity.key && { key: identity.key }),
    }
    const made = isSecure ? new HttpsAgent({ ...options, ...tls, ...certificate }) : new HttpAgent(options)
    if (proxy) connectByProxy(made, proxy, target, isSecure)
    else limitConnecting(made, isSecure)
    agents.set(key, made)
    return made
  }

  return {
    url,
    basePath: url.pathname.replace(/\/+$/, ''),
    agentFor,
    start: (identity, { method, path, headers, use, signal }) => {
      const options: RequestOptions = {
        ...target,
        method,
        path: url.pathname.replace(/\/+$/, '') + path,
        headers: { ...headers, ...identity.headers },
        agent: agentFor(identity, use),
        ...(signal && { signal }),
      }
      return isSecure ? requestHttps(options) : requestHttp(options)
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

async function tlsOptions(context: LoadedContext, url: URL): Promise<ConnectionOptions> {
  const { ca, isVerified, tlsServerName } = context.cluster
  const name = tlsServerName ?? hostOf(url)
  const authority =
    ca === undefined
      ? undefined
      : ca.kind === 'data'
        ? Buffer.from(ca.base64, 'base64')
        : await readFileOf(ca.path, context)
  if (authority && !authority.includes('-----BEGIN')) {
    throw new StepError(
      'precondition',
      `the kubeconfig’s certificate authority of cluster ${context.cluster.name} is not a certificate`,
      { hint: 'fetch the kubeconfig again' },
    )
  }
  return {
    ...(authority && { ca: authority }),
    rejectUnauthorized: isVerified,
    // An address is not a server name of TLS; the certificate is checked against it all the same.
    servername: isIP(name) === 0 ? name : '',
  }
}

type Callback = (error: Error | null, socket?: Socket) => void
type CreateConnection = (options: ConnectionOptions, callback: Callback) => Socket | undefined

/** A host that drops packets would otherwise be waited for by the system's own limit, which is minutes. */
function limitConnecting(agent: HttpAgent, isSecure: boolean): void {
  const { createConnection } = agent as unknown as { createConnection: CreateConnection }
  const limited: CreateConnection = (options, callback) => {
    const socket = createConnection.call(agent, options, callback)
    if (socket) limitSocket(socket, isSecure ? 'secureConnect' : 'connect')
    return socket
  }
  Object.assign(agent, { createConnection: limited })
}

function limitSocket(socket: Socket, opened: 'connect' | 'secureConnect'): void {
  socket.setNoDelay(true)
  // Laptops sleep and gateways forget: a stream on which nothing comes must be found dead at some time.
  socket.setKeepAlive(true, 30_000)
  const timer = setTimeout(() => {
    const error = new Error(`no connection within ${String(connectTimeout)} ms`)
    socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
  }, connectTimeout)
  const stop = () => {
    clearTimeout(timer)
  }
  socket.once(opened, stop)
  socket.once('close', stop)
}

function connectByProxy(
  agent: HttpAgent,
  proxy: URL,
  target: { readonly host: string; readonly port: number },
  isSecure: boolean,
): void {
  const create: CreateConnection = (options, callback) => {
    connectThrough(proxy, target.host, target.port, connectTimeout).then(
      (socket) => {
        if (!isSecure) {
          callback(null, socket)
          return
        }
        const secured = connectTls({ ...options, socket })
        limitSocket(secured, 'secureConnect')
        callback(null, secured)
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)))
      },
    )
    return undefined
  }
  Object.assign(agent, { createConnection: create })
}
