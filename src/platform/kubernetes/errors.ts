import { StepError } from '../../plan/step-error.ts'
import { KubeError, type ContextName } from './client.ts'
import { fieldsOf, listOf, textOf } from './entries.ts'

/** Milliseconds that a connection to the API server, TLS included, may take to open. */
export const connectTimeout = 5_000

/** True where the server says that the thing asked for, or its kind, is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404
}

/** One field that somebody else owns, as a server-side apply was told. */
export interface FieldConflict {
  /** `.spec.replicas`. */
  readonly field: string
  /** Name of the field manager: `kubectl-edit`, `argocd-controller`. */
  readonly manager: string
  readonly subresource: string | undefined
}

/** Who holds which field, of the 409 of a server-side apply. Empty for any other error. */
export function conflictsOf(error: unknown): FieldConflict[] {
  if (!(error instanceof KubeError)) return []
  return error.causes.flatMap(({ reason, field, message }) => {
    if (reason !== 'FieldManagerConflict') return []
    // conflict with "kubectl" with subresource "scale" using apps/v1
    const found = /conflict with "([^"]*)"(?: with subresource "([^"]*)")?/.exec(message)
    return [{ field, manager: found?.[1] ?? message, subresource: found?.[2] }]
  })
}

/** The error of an answer that is not 2xx: a `Status` object, or the words of whoever answered in the server's place. */
export function refusalOf(status: number, statusText: string, body: string): KubeError {
  const answer = fieldsOf(parsed(body))
  if (answer['kind'] === 'Status') return statusError(answer, status)
  const words = body.trim().startsWith('<') ? '' : body.trim().slice(0, 300)
  return new KubeError(status, reasons.get(status) ?? statusText, words || `${String(status)} ${statusText}`)
}

/** The error that a `Status` object tells. `status` is used where it has no code. */
export function statusError(answer: unknown, status: number): KubeError {
  const { code, reason, message, details } = fieldsOf(answer)
  const number = typeof code === 'number' && code > 0 ? code : status
  const causes = listOf(fieldsOf(details)['causes']).map((each) => {
    const cause = fieldsOf(each)
    return {
      field: textOf(cause['field']) ?? '',
      reason: textOf(cause['reason']) ?? '',
      message: textOf(cause['message']) ?? '',
    }
  })
  const name = textOf(reason) ?? reasons.get(number) ?? 'Unknown'
  return new KubeError(number, name, textOf(message) ?? name, causes)
}

const reasons = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [409, 'Conflict'],
  [410, 'Expired'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
])

function parsed(body: string): unknown {
  if (!body.startsWith('{')) return undefined
  try {
    return JSON.parse(body)
  } catch {
    // A gateway's own page.
    return undefined
  }
}

/** What to tell a person when no connection to the API server comes about, or it breaks for good. */
export function unreachable(name: ContextName, cause: unknown): StepError {
  const { why, hint } = explain(cause)
  const message = `the Kubernetes API at ${name.server} (context ${name.context}) ${why}`
  return new StepError('precondition', message, { hint, cause, isTerminal: false })
}

function explain(cause: unknown): { readonly why: string; readonly hint: string } {
  const code = networkCodeOf(cause) ?? ''
  switch (code) {
    case 'ECONNREFUSED':
      return {
        why: 'does not answer: connection refused',
        hint: 'is the cluster running? On Docker Desktop: Settings, Kubernetes; a restarted kind cluster may have a new port',
      }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        why: 'does not answer: its host name is not known',
        hint: 'the cluster may be gone; else check VPN and DNS',
      }
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return {
        why: `does not answer (${code})`,
        hint: 'check the address, VPN, proxy (HTTPS_PROXY, NO_PROXY) and any firewall between',
      }
    case 'ECONNRESET':
    case 'EPIPE':
      return { why: 'broke the connection', hint: 'it may be restarting: try again in a moment' }
    case 'CERT_HAS_EXPIRED':
      return {
        why: 'shows a certificate that has expired',
        hint: 'renew it on the cluster (kubeadm certs renew), or check this machine’s clock',
      }
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        why: 'shows a certificate of another host',
        hint: 'the address belongs to another server now, or the kubeconfig needs tls-server-name',
      }
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return {
        why: `shows a certificate that the kubeconfig’s authority did not sign (${code})`,
        hint: 'the cluster was made anew, or another one answers there: fetch its kubeconfig again',
      }
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return { why: 'does not speak TLS', hint: 'check scheme and port of the server in the kubeconfig' }
    default: {
      if (code.startsWith('ERR_SSL_')) {
        return {
          why: `ended the TLS handshake (${code})`,
          hint: 'the client certificate of the kubeconfig is not accepted: fetch it again',
        }
      }
      const words = cause instanceof Error ? cause.message.trim() : String(cause)
      return { why: `cannot be reached: ${words}`, hint: 'check the server in the kubeconfig' }
    }
  }
}

/** The system's or TLS's code of a failed connection, also of one that was tried on several addresses. */
export function networkCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof AggregateError && error.errors.length > 0) return networkCodeOf(error.errors[0])
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
