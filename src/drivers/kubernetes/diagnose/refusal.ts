import { StepError } from '../../../plan/step-error.ts'
import { KubeError, type KubeObject } from '../../../platform/kubernetes/client.ts'
import type { Span } from '../../../stack/diagnostics.ts'

export interface Attempt {
  /** What was tried: `apply`, `delete`. */
  readonly verb: string
  readonly object: Pick<KubeObject, 'kind' | 'metadata'>
  readonly from: Span | undefined
}

/** `Deployment web`. */
export function objectName({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  return `${kind} ${metadata.name}`
}

/** What the API server said no to, in one line, with each field that is wrong; anything but a KubeError stays as it is. */
export function refusal(error: unknown, { verb, object, from }: Attempt): unknown {
  if (!(error instanceof KubeError)) return error
  const name = objectName(object)
  const options = {
    span: from,
    evidence: error.causes.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)),
    cause: error,
  }
  switch (error.status) {
    case 403:
      return isQuota(error)
        ? new StepError('deploy', `${name}: ${words(error)}`, options)
        : new StepError('precondition', `you may not ${verb} ${name}: ${words(error)}`, options)
    case 404:
      return new StepError('precondition', `cannot ${verb} ${name}: ${words(error)}`, {
        ...options,
        hint: 'its namespace or its kind is not in this cluster',
      })
    default:
      return new StepError('deploy', `the cluster refuses to ${verb} ${name}: ${words(error)}`, {
        ...options,
        isTerminal: error.status < 500 && error.status !== 429,
        ...(object.kind === 'PersistentVolumeClaim' && { hint: claimHint }),
      })
  }
}

/** The same for what was asked on behalf of a step, about whichever object. */
export function refusedStep(
  error: unknown,
  { id, from }: { readonly id: string; readonly from?: Span | undefined },
): unknown {
  if (!(error instanceof KubeError)) return error
  return new StepError(error.status === 403 ? 'precondition' : 'deploy', `${id}: ${words(error)}`, {
    span: from,
    cause: error,
    isTerminal: error.status < 500 && error.status !== 429,
  })
}

const claimHint =
  'a claim can only grow, and only where its StorageClass allows that; for anything else back its data up, delete it (`down --volumes=NAME`) and bring it up again'

/** Refusals by quotas, policies and webhooks have the status of missing rights. */
function isQuota({ message }: KubeError): boolean {
  return !/cannot (get|list|watch|create|patch|update|delete) resource/.test(message)
}

/** `Deployment.apps "web" is invalid: spec.…: Invalid value: …`, without the name that is told already. */
function words({ message }: KubeError): string {
  return message
    .replace(/\s*\n\s*/g, ' ')
    .replace(/^[\w.]+ "[^"]*" is (invalid|forbidden): /, '')
    .trim()
}

/**
 * The server's several ways to say that a field cannot change: validation of each kind has its own words
 * (pkg/apis/…/validation of kubernetes/kubernetes; the same from 1.28 to 1.36).
 */
export function isImmutable(error: unknown): boolean {
  if (!(error instanceof KubeError) || error.status !== 422) return false
  const all = [error.message, ...error.causes.map(({ message }) => message)].join('\n')
  return /immutable|updates to statefulset spec for fields other than|may not change once set|can ?not be unset|cannot change roleRef|may not be changed|must not be changed|cannot be changed|is not allowed to be changed/i.test(
    all,
  )
}
