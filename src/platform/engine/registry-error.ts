import { StepError } from '../../plan/step-error.ts'
import { parseImageReference } from './references.ts'

/** `network` may pass by itself; the others cannot, and `failed` is the engine's own trouble (a full disk, a bad layer). */
export type RegistryFailure = 'not-found' | 'denied' | 'network' | 'failed'

/** An image could not be pulled or pushed; trying again as it is cannot help. */
export class RegistryError extends StepError {
  readonly failure: RegistryFailure
  readonly reference: string

  constructor(failure: RegistryFailure, reference: string, message: string, hint: string, evidence: string) {
    super('deploy', message, { hint, evidence: [evidence] })
    this.failure = failure
    this.reference = reference
  }
}

/** What kind of failure the engine speaks of. It passes on the registry's words, and has no codes for them. */
export function classifyRegistryFailure(status: number | undefined, words: string): RegistryFailure {
  if (denied.test(words) || status === 401 || status === 403) return 'denied'
  if (network.test(words)) return 'network'
  if (notFound.test(words) || status === 404) return 'not-found'
  return 'failed'
}

const denied =
  /unauthorized|access denied|access to the resource is denied|authentication required|no basic auth credentials|incorrect username or password|\b40[13]\b|denied:/i

const network =
  /no such host|server misbehaving|name resolution|i\/o timeout|timeout|deadline exceeded|connection (refused|reset)|network is unreachable|no route to host|unexpected EOF|: EOF|toomanyrequests|\b(429|50[234])\b/i

const notFound = /manifest unknown|not found|name unknown|no matching manifest|repository name not known/i

/** The error to show for a failed pull. */
export function pullError(failure: RegistryFailure, reference: string, words: string): RegistryError {
  const { registry } = parseImageReference(reference)
  switch (failure) {
    case 'not-found':
      return new RegistryError(
        failure,
        reference,
        `${reference} is not in its registry`,
        'check name and tag; an image of another platform counts as missing too',
        words,
      )
    case 'denied':
      return new RegistryError(
        failure,
        reference,
        `${registry} does not let us pull ${reference}`,
        'either it does not exist there, or it needs other credentials: registries of the stack file, or "docker login"',
        words,
      )
    case 'network':
      return new RegistryError(
        failure,
        reference,
        `${registry} could not be reached for ${reference}, three times in a row`,
        `either this network (or the registry) is down for the moment, or "${registry}" is not the right name`,
        words,
      )
    case 'failed':
      return new RegistryError(
        failure,
        reference,
        `${reference} could not be pulled`,
        'see the words of the engine',
        words,
      )
    default:
      return failure satisfies never
  }
}

/** The error to show for a failed push. */
export function pushError(failure: RegistryFailure, reference: string, words: string): RegistryError {
  const { registry } = parseImageReference(reference)
  switch (failure) {
    case 'denied':
      return new RegistryError(
        failure,
        reference,
        `${registry} does not let us push ${reference}`,
        'give the registry credentials that may write: registries of the stack file, or "docker login"',
        words,
      )
    case 'network':
      return new RegistryError(
        failure,
        reference,
        `${registry} could not be reached for ${reference}, three times in a row`,
        `either this network (or the registry) is down for the moment, or "${registry}" is not the right name`,
        words,
      )
    case 'not-found':
    case 'failed':
      return new RegistryError(
        failure,
        reference,
        `${reference} could not be pushed`,
        'see the words of the engine',
        words,
      )
    default:
      return failure satisfies never
  }
}
