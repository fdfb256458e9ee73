import {
  createServer,
  request as sendRequest,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gateway } from './gateway.ts'
import type { GatewaySpec, GatewayState, RouteSpec } from './protocol.ts'

/** The HTTP door of a stack: requests go to services by host and path. */
export interface RouteServer {
  /** Takes up other routes without dropping a connection; another port is opened before the old one closes. */
  become(spec: GatewaySpec): void
  state(): GatewayState
  close(): void
}

export function createRouteServer(first: GatewaySpec, gateway: Gateway, changed: () => void): RouteServer {
  let spec = first
  let problem: string | undefined = 'not opened yet'
  let isClosed = false
  let server = start()

  function start(): Server {
    const made = createServer((request, response) => void answer(request, response, spec, gateway))
    const { port } = spec
    made.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, spec, gateway))
    made.on('clientError', (_error, socket) => socket.destroy())
    made.on('error', (error: NodeJS.ErrnoException) => {
      problem = `port ${String(port)} could not be opened (${error.code ?? error.message})`
      changed()
      setTimeout(() => {
        if (!isClosed && server === made) server = start()
      }, 250)
    })
    made.listen({ port, host: '127.0.0.1' }, () => {
      problem = undefined
      changed()
    })
    return made
  }
  return {
    become(next) {
      const old = server
      const isMoved = next.port !== spec.port
      spec = next
      if (isMoved) {
        server = start()
        old.close()
      }
      changed()
    },
    state: () => ({
      kind: 'gateway',
      name: 'main',
      parts: spec.parts,
      isListening: problem === undefined,
      detail: problem ?? `listening on 127.0.0.1:${String(spec.port)}`,
    }),
    close() {
      isClosed = true
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The route of a request: an exact host before any host, then the longest path. */
export function routeFor(routes: readonly RouteSpec[], host: string, path: string): RouteSpec | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const fitting = routes.filter(
    (route) => (route.host === undefined || route.host.toLowerCase() === name) && isBelow(path, route.path),
  )
  const weight = (route: RouteSpec): number => (route.host === undefined ? 0 : 100_000) + route.path.length
  return fitting.sort((one, other) => weight(other) - weight(one))[0]
}

function isBelow(path: string, prefix: string): boolean {
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`
  return path === prefix || path.startsWith(folder)
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  spec: GatewaySpec,
  gateway: Gateway,
): Promise<void> {
  const refused = (status: number, why: string): void => {
    refuse(request, response, status, why)
  }
  const route = routeOf(request, spec)
  if (!route) {
    refused(404, 'no route for this host and path')
    return
  }
  const limit = route.bodySize ?? Infinity
  const tooLarge = `the body is larger than ${String(limit)} bytes`
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    refused(413, tooLarge)
    return
  }
  const passage = await gateway.open(route.service, route.servicePort)
  if (!passage) {
    refused(503, `no replica of ${route.service} is ready`)
    return
  }

  const outgoing = sendRequest({
    createConnection: () => passage.socket,
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: headersFor(request, route, spec.port),
    setHost: false,
  })
  outgoing.on('response', (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, withoutHops(incoming.headers))
    incoming.pipe(response)
    incoming.on('error', () => response.destroy())
  })
  outgoing.on('error', () => {
    if (!response.headersSent) refused(502, `${route.service} broke the connection off`)
    else response.destroy()
  })
  response.on('close', () => outgoing.destroy())
  let received = 0
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received <= limit || response.headersSent) return
    request.unpipe(outgoing)
    refused(413, tooLarge)
    outgoing.destroy()
  })
  request.pipe(outgoing)
}

async function upgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  spec: GatewaySpec,
  gateway: Gateway,
): Promise<void> {
  client.on('error', () => client.destroy())
  const route = routeOf(request, spec)
  const passage = route && (await gateway.open(route.service, route.servicePort))
  if (!passage) {
    client.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n')
    return
  }
  const headers = {
    ...headersFor(request, route, spec.port),
    connection: 'Upgrade',
    upgrade: request.headers.upgrade ?? '',
  }
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  )
  passage.socket.write(`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1\r\n${lines.join('')}\r\n`)
  passage.socket.write(head)
  passage.socket.on('close', () => client.destroy())
  client.on('close', () => passage.socket.destroy())
  passage.socket.pipe(client)
  client.pipe(passage.socket)
}

function routeOf(request: IncomingMessage, spec: GatewaySpec): RouteSpec | undefined {
  return routeFor(spec.routes, request.headers.host ?? '', (request.url ?? '/').replace(/\?.*$/, ''))
}

function headersFor(
  request: IncomingMessage,
  route: RouteSpec,
  port: number,
): Record<string, string | string[]> {
  const client = request.socket.remoteAddress ?? ''
  const before = request.headers['x-forwarded-for']
  return {
    ...withoutHops(request.headers),
    host: request.headers.host ?? '',
    'x-forwarded-for': before === undefined ? client : `${[before].flat().join(', ')}, ${client}`,
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-port': String(port),
    'x-forwarded-proto': 'http',
    'x-real-ip': client,
    ...route.headers,
    connection: 'close',
  }
}

/** Headers that speak of one connection and not of the message (RFC 9110, 7.6.1). */
const hops = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function withoutHops(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      hops.has(name) || value === undefined ? [] : [[name, value]],
    ),
  )
}

/** How long the rest of a refused body is read, in milliseconds. */
const lingering = 2000

/**
 * The answer goes out at once, the connection closes only after the body came to its end: a client that is still sending would
 * find it broken and never look at the answer.
 */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, why: string): void {
  const text = `${String(status)} ${STATUS_CODES[status] ?? ''}: ${why}\n`
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  })
  response.write(text)
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, lingering)
  if (request.complete) end()
  else request.once('end', end).resume()
}
