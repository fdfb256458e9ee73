import type { NetworkCheck } from '../options.ts'

/** What the gateway is to pass on. Ports are those it listens on inside its container. */
export type Route = TcpRoute | HttpRoute

interface TcpRoute {
  readonly kind: 'tcp'
  readonly name: string
  readonly listen: number
  readonly target: Target
}

interface HttpRoute {
  readonly kind: 'http'
  readonly name: string
  readonly listen: number
  /** Undefined takes every host. */
  readonly host: string | undefined
  readonly path: string
  /** Largest accepted body, in bytes. */
  readonly bodySize: number | undefined
  /** Set on every request that is passed on. */
  readonly headers: ReadonlyMap<string, string>
  readonly target: Target
}

export interface Target {
  readonly service: string
  readonly port: number
  /** How the gateway finds out that a replica is dead; undefined opens a connection and no more. */
  readonly check: NetworkCheck | undefined
}

/** A container that answers for a service. `host` is a name that Docker's DNS knows on a network of the gateway. */
export interface Server {
  readonly service: string
  readonly name: string
  readonly host: string
}

/** Where the gateway says which configuration it serves, inside its container. */
export const statePort = 8404

/**
 * A configuration for HAProxy 2.6 (docs.haproxy.org/2.6/configuration.html). The same input gives the same text. Addresses are
 * looked up again every second, because a container that restarts by itself may come back with another one.
 */
export function gatewayConfig(
  routes: readonly Route[],
  servers: readonly Server[],
  revision: string,
): string {
  const http = routes.filter((route) => route.kind === 'http')
  const tcp = routes.filter((route) => route.kind === 'tcp')
  const sections = [
    globals,
    stateFrontend(routes, revision),
    ...[...new Set(http.map(({ listen }) => listen))].map((listen) => httpFrontend(http, listen)),
    ...tcp.map(tcpFrontend),
    ...(http.length > 0 ? [noRoute] : []),
    ...backends(routes, servers),
  ]
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

const globals = [
  'global',
  '  maxconn 8192',
  '  # What a reload leaves open ends with the old process.',
  '  hard-stop-after 60s',
  '',
  'defaults',
  '  mode http',
  '  timeout connect 5s',
  '  timeout client 1h',
  '  timeout server 1h',
  '  timeout http-request 30s',
  '  timeout http-keep-alive 30s',
  '  timeout check 3s',
  '  option redispatch 1',
  '  retries 3',
  '  default-server check inter 1s downinter 100ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down resolvers docker init-addr libc,none',
  '',
  'resolvers docker',
  '  nameserver dns 127.0.0.11:53',
  '  timeout resolve 1s',
  '  timeout retry 1s',
  '  hold valid 1s',
]

/** One line: the revision, then for each backend how many of its servers answer. */
function stateFrontend(routes: readonly Route[], revision: string): string[] {
  const names = new Set(routes.map(({ kind, target }) => backendName(kind, target)))
  const counts = [...names].map((name) => ` ${name}=%[nbsrv(${name})]`).join('')
  return [
    'frontend state',
    `  bind :${statePort}`,
    `  http-request return status 200 content-type text/plain lf-string "${revision}${counts}"`,
  ]
}

const noRoute = [
  'backend no-route',
  '  http-request return status 404 content-type text/plain string "no route leads here"',
]

function httpFrontend(routes: readonly HttpRoute[], listen: number): string[] {
  const own = routes.filter((route) => route.listen === listen).sort(bySpecificity)
  return [
    `frontend http-${listen}`,
    `  bind :${listen}`,
    '  option forwardfor',
    '  http-request set-header X-Real-IP %[src]',
    '  http-request set-header X-Forwarded-Host %[req.hdr(Host)]',
    '  http-request set-header X-Forwarded-Proto http',
    '  http-request set-var(txn.host) req.hdr(Host),field(1,:),lower',
    ...own.map((route, index) => `  http-request set-var(txn.route) int(${index + 1}) ${conditionOf(route)}`),
    ...own.flatMap((route, index) => rulesOf(route, `{ var(txn.route) -m int ${index + 1} }`)),
    '  default_backend no-route',
  ]
}

/** The most specific first: a host before none, then the longer path; the first that matches is taken. */
function bySpecificity(one: HttpRoute, other: HttpRoute): number {
  return (
    Number(other.host !== undefined) - Number(one.host !== undefined) ||
    other.path.length - one.path.length ||
    (one.name < other.name ? -1 : 1)
  )
}

function conditionOf({ host, path }: HttpRoute): string {
  const conditions = ['!{ var(txn.route) -m found }']
  if (host !== undefined) {
    const isWild = host.startsWith('*.')
    const match = isWild ? `-m end ${quoted(host.slice(1))}` : `-m str ${quoted(host)}`
    conditions.push(`{ var(txn.host) ${match.toLowerCase()} }`)
  }
  const folder = path.replace(/\/+$/, '')
  if (folder === '') return `if ${conditions.join(' ')}`
  const exact = [...conditions, `{ path ${quoted(folder)} }`]
  const below = [...conditions, `{ path_beg ${quoted(`${folder}/`)} }`]
  return `if ${exact.join(' ')} or ${below.join(' ')}`
}

function rulesOf(route: HttpRoute, isTaken: string): string[] {
  const { bodySize, headers, target } = route
  return [
    ...(bodySize === undefined
      ? []
      : [`  http-request deny deny_status 413 if ${isTaken} { req.body_size gt ${bodySize} }`]),
    ...[...headers].map(
      ([name, value]) => `  http-request set-header ${quoted(name)} ${format(value)} if ${isTaken}`,
    ),
    `  use_backend ${backendName('http', target)} if ${isTaken}`,
  ]
}

function tcpFrontend({ listen, target }: TcpRoute): string[] {
  return [
    `frontend tcp-${listen}`,
    '  mode tcp',
    `  bind :${listen}`,
    `  default_backend ${backendName('tcp', target)}`,
  ]
}

function backends(routes: readonly Route[], servers: readonly Server[]): string[][] {
  const byName = new Map(routes.map(({ kind, target }) => [backendName(kind, target), { kind, target }]))
  return [...byName].map(([name, { kind, target }]) => [
    `backend ${name}`,
    `  mode ${kind}`,
    '  balance roundrobin',
    ...(kind === 'http' ? ['  retry-on conn-failure'] : []),
    ...checkOf(target),
    ...servers
      .filter(({ service }) => service === target.service)
      .map((server) => `  server ${server.name} ${server.host}:${target.port}`),
  ])
}

function checkOf({ check }: Target): string[] {
  if (check?.kind !== 'http' || check.scheme !== 'http') return []
  const headers = [...check.headers].map(([name, value]) => ` hdr ${quoted(name)} ${format(value)}`)
  return ['  option httpchk', `  http-check send meth GET uri ${format(check.path)}${headers.join('')}`]
}

/** What the state page calls the servers of a target. */
export function backendName(kind: Route['kind'], { service, port }: Target): string {
  return `${service}-${port}-${kind}`
}

/** A literal for the configuration; the check before the swap refuses what still means something else. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"$]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

/** A literal where HAProxy reads log formats, in which `%` begins a variable. */
function format(text: string): string {
  return quoted(text.replaceAll('%', '%%'))
}
