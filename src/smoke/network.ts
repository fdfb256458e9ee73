import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** `app.todo.localhost` is this machine, whatever the system's resolver says: not every one of them knows RFC 6761. */
export const lookup: LookupFunction = (hostname, options, callback) => {
  if (!isLocalName(hostname)) {
    systemLookup(hostname, options, callback)
    return
  }
  const address = { address: '127.0.0.1', family: 4 }
  if (options.all === true) callback(null, [address])
  else callback(null, address.address, address.family)
}

export function isLocalName(hostname: string): boolean {
  return hostname.toLowerCase().replace(/\.$/, '').endsWith('.localhost')
}

/** What went wrong with a connection, in words. */
export function networkFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed'
  // HTTP/2 wraps what happened to the connection.
  if (error.cause instanceof Error) return networkFailure(error.cause)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return (
    (code === undefined ? undefined : words[code]) ??
    (error.message === '' ? (code ?? error.name) : error.message)
  )
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed before an answer came',
  EPIPE: 'the connection was closed before an answer came',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'nobody answered the connection',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  HPE_INVALID_CONSTANT: 'the answer is not HTTP',
  EPROTO: 'the other side does not speak TLS here',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed; name its authority with `tls: { ca: … }`',
  SELF_SIGNED_CERT_IN_CHAIN: 'the authority of the certificate is not trusted; name it with `tls: { ca: … }`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the authority of the certificate is not trusted; name it with `tls: { ca: … }`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the authority of the certificate is not trusted; name it with `tls: { ca: … }`',
  CERT_HAS_EXPIRED: 'the certificate has expired',
}

/** IPv6 addresses stand in brackets (RFC 3986 §3.2.2). */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
