import { StepError } from '../../plan/step-error.ts'
import { KubeError } from '../../platform/kubernetes/client.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import type { Cluster } from '../cluster.ts'
import { checkApi } from './api.ts'
import {
  liveCheckIds,
  unknown,
  wrong,
  type LiveCheckId,
  type LiveFinding,
  type LiveObservation,
  type LiveSubject,
} from './finding.ts'
import { checkInside } from './inside.ts'
import { checkLoadBalancer } from './load-balancer.ts'
import { checkNodes } from './nodes.ts'
import { checkStorage } from './storage.ts'

/** Milliseconds for each check. */
const patience = 15_000

export interface LiveOptions {
  readonly stack: ResolvedStack
  /** What the pod of the check runs; undefined: an image that the stack names. */
  readonly image: string | undefined
}

/**
 * Looks at a living cluster, from outside and from inside (S162): all checks at once, each with a time of its own, one finding for
 * each. Leaves nothing behind, after an abort neither, which it throws on.
 */
export async function checkLive(
  cluster: Cluster,
  options: LiveOptions,
  signal: AbortSignal,
): Promise<readonly LiveFinding[]> {
  const opened = await open(cluster, signal)
  if ('level' in opened) {
    const [first, ...others] = liveCheckIds
    const notReached = unknown('the cluster was not reached')
    return [{ check: first, ...opened }, ...others.map((check) => ({ check, ...notReached }))]
  }
  const subject: LiveSubject = { ...options, cluster, client: opened.client }
  const found = await Promise.all([
    named('cluster/api', checkApi, subject, signal),
    named('cluster/nodes', checkNodes, subject, signal),
    named('cluster/storage', checkStorage, subject, signal),
    named('cluster/load-balancer', checkLoadBalancer, subject, signal),
    bounded(async (limit) => await checkInside(subject, limit), signal).then((inside): LiveFinding[] =>
      'level' in inside
        ? [
            { check: 'cluster/pull', ...inside },
            { check: 'cluster/dns', ...unknown('the pod that was to look did not start') },
          ]
        : [
            { check: 'cluster/pull', ...inside.pull },
            { check: 'cluster/dns', ...inside.dns },
          ],
    ),
  ])
  return found.flat()
}

async function open(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ readonly client: LiveSubject['client'] } | LiveObservation> {
  return await bounded(async (limit) => {
    const client = await cluster.open(limit)
    return client ? { client } : wrong('the cluster is not there', 'iamstack up makes it')
  }, signal)
}

async function named(
  check: LiveCheckId,
  look: (subject: LiveSubject, signal: AbortSignal) => Promise<LiveObservation>,
  subject: LiveSubject,
  signal: AbortSignal,
): Promise<LiveFinding[]> {
  return [{ check, ...(await bounded((limit) => look(subject, limit), signal)) }]
}

/** What a look finds within its time, or why it found nothing. It is waited for in any case: it may have something to take away. */
async function bounded<T>(
  look: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | LiveObservation> {
  const limit = AbortSignal.timeout(patience)
  try {
    return await look(AbortSignal.any([signal, limit]))
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted) return wrong(`no answer within ${patience / 1000} s`)
    if (error instanceof KubeError && (error.status === 403 || error.status === 401))
      return unknown(error.message, 'ask whoever administers the cluster for this right')
    if (error instanceof KubeError) return wrong(error.message)
    if (error instanceof StepError) return wrong([error.message, ...error.evidence].join('; '), error.hint)
    throw error
  }
}
