import { StepError } from '../../plan/step-error.ts'
import { KubeError } from './client.ts'
import { networkCodeOf } from './errors.ts'

/** Milliseconds before each further try: four of them, six seconds in all when the server names no pause itself. */
const pauses = [100, 400, 1_500, 4_000]
/** Milliseconds; a server that wants more is told about at once. */
const longestPause = 5_000

/** What came about the connection, before an answer. */
const broken = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNABORTED'])
const refused = new Set(['ECONNREFUSED'])

export interface Circumstances {
  /** Twice is as good as once. */
  readonly isRepeatable: boolean
  /** The server has answered before: it is restarting rather than not there. */
  readonly hasAnswered: boolean
  /** It was out of reach or in trouble a moment ago: until it has read again who may do what, it refuses everybody. */
  readonly isComingBack: boolean
  readonly isAborted: boolean | undefined
}

const passing = /etcdserver|leader changed|deadline exceeded|timed out|connection (?:refused|reset)/i

/**
 * Whether to send a request again. The server says that it did nothing with 429, and with a 5xx that names a pause (client-go
 * takes both so). A refused connection carried nothing. A broken one may have.
 */
export function canAskAgain(
  error: unknown,
  { isRepeatable, hasAnswered, isComingBack, isAborted }: Circumstances,
): boolean {
  if (isAborted === true || error instanceof StepError) return false
  if (error instanceof KubeError) {
    if (error.status === 429) return true
    if (error.status === 403) return isComingBack
    if (error.status < 500 || error.status === 501 || error.status === 505) return false
    if (retryAfterOf(error) !== undefined) return true
    // The server answers 500 to an apply that it cannot read, every time; only its store's troubles pass.
    return isRepeatable && (error.status !== 500 || passing.test(error.message))
  }
  const code = networkCodeOf(error)
  if (code === undefined) return false
  if (refused.has(code)) return hasAnswered
  if (!broken.has(code)) return false
  // An address that drops packets was waited for long enough.
  if (code === 'ETIMEDOUT' && !hasAnswered) return false
  return isRepeatable
}

/** The server, or the way to it, has a trouble of its own: its next answers may not be meant so. */
export function isTrouble(error: unknown): boolean {
  if (error instanceof KubeError) return error.status >= 500 && error.status !== 501 && error.status !== 505
  const code = networkCodeOf(error)
  return code !== undefined && (refused.has(code) || broken.has(code))
}

/** Milliseconds before the try after `tries` failed ones; undefined: enough. */
export function pauseBefore(tries: number, error: unknown): number | undefined {
  const usual = pauses[tries]
  if (usual === undefined) return undefined
  const wished = retryAfterOf(error)
  if (wished !== undefined && wished > longestPause) return undefined
  // Apart from each other: what failed together would come back together.
  return Math.max(wished ?? 0, usual * (0.75 + Math.random() / 2))
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof KubeError && 'retryAfter' in error && typeof error.retryAfter === 'number'
    ? error.retryAfter
    : undefined
}
