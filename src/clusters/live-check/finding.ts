import type { KubeClient } from '../../platform/kubernetes/client.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import type { Cluster } from '../cluster.ts'

/** The checks of `check --live`, in the order in which they are shown. The names are stable: scripts may rely on them. */
export const liveCheckIds = [
  'cluster/api',
  'cluster/nodes',
  'cluster/storage',
  'cluster/load-balancer',
  'cluster/pull',
  'cluster/dns',
] as const
export type LiveCheckId = (typeof liveCheckIds)[number]

/** A `problem` keeps the stack from running there; a `warning` may be felt; `unchecked` says that nobody knows, and why. */
export type LiveLevel = 'ok' | 'warning' | 'problem' | 'unchecked'

export interface LiveFinding {
  readonly check: LiveCheckId
  readonly level: LiveLevel
  readonly message: string
  /** What mends it, or makes it known; never on `ok`. */
  readonly cure?: string
}

/** What the checks look at, and for whom. */
export interface LiveSubject {
  readonly client: KubeClient
  readonly cluster: Pick<Cluster, 'abilities' | 'pullPolicy'>
  readonly stack: ResolvedStack
  /** What the pod of the check runs; undefined: an image that the stack names. */
  readonly image: string | undefined
}

/** What one check saw, without its name. */
export type LiveObservation = Omit<LiveFinding, 'check'>

export const fine = (message: string): LiveObservation => ({ level: 'ok', message })
export const doubtful = (message: string, cure: string): LiveObservation => ({
  level: 'warning',
  message,
  cure,
})
export const wrong = (message: string, cure?: string): LiveObservation => ({
  level: 'problem',
  message,
  ...(cure !== undefined && { cure }),
})
export const unknown = (why: string, cure?: string): LiveObservation => ({
  level: 'unchecked',
  message: `not checked: ${why}`,
  ...(cure !== undefined && { cure }),
})
