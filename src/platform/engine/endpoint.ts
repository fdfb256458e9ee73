import { StepError } from '../../plan/step-error.ts'

/** PEM files of a TLS connection, already read. Without `isVerified` the engine's certificate is taken as it comes. */
export interface EngineTls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly isVerified: boolean
}

/** Where an engine listens. */
export type EngineEndpoint =
  /** A Unix socket, or a named pipe of Windows. */
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      /** Prefix of every path, '' or `/…` without a slash at its end. */
      readonly basePath: string
      readonly tls: EngineTls | undefined
    }
  /** `socket` is the path of the engine's socket on that machine where it is not the usual one. */
  | {
      readonly kind: 'ssh'
      readonly user: string | undefined
      readonly host: string
      readonly port: number | undefined
      readonly socket: string | undefined
    }

/**
 * Reads what DOCKER_HOST and contexts hold, by the Docker command line's rules (`opts/hosts.go`, `client.ParseHostURL`):
 * no scheme means TCP, the port is 2375, or 2376 with TLS. `source` names the setting in messages. Throws StepError.
 */
export function parseEngineHost(text: string, source: string, tls: EngineTls | undefined): EngineEndpoint {
  const value = text.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase() ?? 'tcp'
  const rest = value.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
  switch (scheme) {
    case 'unix':
      return { kind: 'socket', path: rest === '' ? '/var/run/docker.sock' : rest }
    case 'npipe':
      return { kind: 'socket', path: rest === '' ? '\\\\.\\pipe\\docker_engine' : rest.replaceAll('/', '\\') }
    case 'tcp':
    case 'http':
    case 'https':
      return tcpEndpoint(rest, scheme, source, tls)
    case 'ssh':
      return sshEndpoint(rest, source)
    case 'fd':
      throw unusable(source, value, 'fd:// is for the engine itself, not for its clients')
    default:
      throw unusable(source, value, `"${scheme}://" is not a way to reach an engine`)
  }
}

/** The endpoint as a person writes it; never holds a password. */
export function describeEndpoint(endpoint: EngineEndpoint): string {
  switch (endpoint.kind) {
    case 'socket':
      return endpoint.path.startsWith('\\\\')
        ? `npipe://${endpoint.path.replaceAll('\\', '/')}`
        : `unix://${endpoint.path}`
    case 'tcp':
      return `tcp://${bracketed(endpoint.host)}:${String(endpoint.port)}${endpoint.basePath}`
    case 'ssh': {
      const user = endpoint.user === undefined ? '' : `${endpoint.user}@`
      const port = endpoint.port === undefined ? '' : `:${String(endpoint.port)}`
      return `ssh://${user}${bracketed(endpoint.host)}${port}${endpoint.socket ?? ''}`
    }
    default:
      return endpoint satisfies never
  }
}

function tcpEndpoint(
  rest: string,
  scheme: string,
  source: string,
  tls: EngineTls | undefined,
): EngineEndpoint {
  const withTls = tls ?? (scheme === 'https' ? { isVerified: true } : undefined)
  const url = parseAuthority(rest === '' ? '127.0.0.1' : rest, source)
  return {
    kind: 'tcp',
    host: unbracketed(url.hostname),
    port: url.port === '' ? (withTls === undefined ? 2375 : 2376) : Number(url.port),
    basePath: url.pathname.replace(/\/+$/, ''),
    tls: withTls,
  }
}

function sshEndpoint(rest: string, source: string): EngineEndpoint {
  const url = parseAuthority(rest, source)
  if (url.password !== '') {
    throw unusable(source, 'ssh://…', 'a password has no place in it; ssh asks its agent or its keys')
  }
  const host = unbracketed(url.hostname)
  // ssh would read a leading dash as one of its options.
  if (host.startsWith('-') || url.username.startsWith('-'))
    throw unusable(source, rest, 'no host begins with a dash')
  return {
    kind: 'ssh',
    user: url.username === '' ? undefined : decodeURIComponent(url.username),
    host,
    port: url.port === '' ? undefined : Number(url.port),
    socket: url.pathname === '/' || url.pathname === '' ? undefined : url.pathname,
  }
}

function parseAuthority(rest: string, source: string): URL {
  // A scheme that URL does not know keeps the port even where it is a default one.
  const text = `engine://${rest}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '') {
    throw unusable(source, rest.replace(/^[^@/]*@/, ''), 'it names no host')
  }
  return url
}

function unusable(source: string, value: string, why: string): StepError {
  return new StepError('precondition', `${source} is "${value}": ${why}`, {
    hint: 'use unix:///path/to/docker.sock, tcp://host:port, npipe:////./pipe/name or ssh://user@host',
  })
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}
