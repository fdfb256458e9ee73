import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { once } from 'node:events'
import { badRequest, HttpError } from './http-error.ts'
import { reasonOf, type Log } from './log.ts'
import type { Counter } from './metrics.ts'
import { createRouter, type Answer, type Match, type Routes } from './router.ts'

/** PEM texts of a server. Client certificates of the same authority are accepted, none is demanded. */
export interface TlsFiles {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly routes: Routes
  readonly log: Log
  readonly requests: Counter
  /** Absent: plain HTTP. */
  readonly tls?: TlsFiles
}

/** Refuses new connections, lets answers under way end, then closes the idle ones. */
export type CloseServer = () => Promise<void>

/** Bytes of a request body; a policy is far below. */
const largestBody = 64 * 1024

/** Starts to serve; resolves once the port listens. */
export async function serve(options: ServerOptions): Promise<CloseServer> {
  const route = createRouter(options.routes)
  let isClosing = false
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // Whoever keeps the connection for a next request would hold up the end for seconds.
    const beforeSending = (): void => {
      if (isClosing) response.setHeader('connection', 'close')
    }
    void respond(options, route, request, response, beforeSending)
  }
  const server = options.tls
    ? createHttpsServer({ ...options.tls, requestCert: true, rejectUnauthorized: false }, listener)
    : createHttpServer(listener)
  server.listen(options.port, options.host)
  await once(server, 'listening')
  return () => {
    isClosing = true
    return close(server)
  }
}

async function respond(
  { log, requests, port }: ServerOptions,
  route: (method: string, path: string) => Match,
  raw: IncomingMessage,
  response: ServerResponse,
  beforeSending: () => void,
): Promise<void> {
  const started = performance.now()
  const method = raw.method ?? 'GET'
  let path = raw.url ?? '/'
  let name = 'none'
  let status: number
  try {
    const url = readUrl(path)
    path = url.pathname
    const { handler, parameters, route: found } = route(method, path)
    name = found
    const answer = await handler({ raw, parameters, query: url.searchParams, body: await readBody(raw) })
    beforeSending()
    status = send(response, answer)
  } catch (error) {
    beforeSending()
    status = sendError(response, error, log)
  }
  requests.add(1, { port, route: name, status })
  const milliseconds = Math.round(performance.now() - started)
  const level = path === '/healthz' || path === '/metrics' ? 'debug' : 'info'
  log[level]('request', { method, path, status, milliseconds })
}

function readUrl(target: string): URL {
  if (!URL.canParse(target, 'http://server')) throw badRequest('the address of the request cannot be read')
  return new URL(target, 'http://server')
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > largestBody)
      throw new HttpError(413, 'too-large', `the body is larger than ${String(largestBody)} bytes`)
    chunks.push(chunk)
  }
  if (length === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (error) {
    throw badRequest(`the body is not JSON: ${reasonOf(error)}`)
  }
}

function send(response: ServerResponse, { status = 200, body }: Answer): number {
  const isText = typeof body === 'string'
  if (body === undefined) response.writeHead(status === 200 ? 204 : status).end()
  else
    response
      .writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' })
      .end(isText ? body : JSON.stringify(body))
  return response.statusCode
}

function sendError(response: ServerResponse, error: unknown, log: Log): number {
  if (!(error instanceof HttpError)) log.error('request failed', { reason: reasonOf(error) })
  const shown =
    error instanceof HttpError ? error : new HttpError(500, 'internal', 'the server failed; its log says why')
  if (response.headersSent) {
    response.destroy()
    return shown.status
  }
  const { status, code, message, details } = shown
  if (status === 413) response.setHeader('connection', 'close')
  return send(response, {
    status,
    body: { error: { code, message, ...(details.length > 0 && { details }) } },
  })
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  await closed
}
