import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../../drivers/driver.ts'
import { StepError } from '../../plan/step-error.ts'
import type { Resource } from '../../plan/resource.ts'
import { KubeError, type KubeClient, type KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import { nodeProblem } from '../preflight.ts'
import { lookAtKind } from './look.ts'
import type { KindPlace } from './place.ts'

/** Milliseconds between two looks: a cluster needs seconds, and the answer costs a few milliseconds. */
const pause = 200

/** Comes back when the API server answers and every node takes pods. A node says what is missing, which then is evidence. */
export async function clusterReady(place: KindPlace, wanted: Resource, run: Run): Promise<void> {
  const { signal } = run
  const until = Date.now() + wanted.timeout
  for (;;) {
    const missing = await missingOf(place, signal)
    if (missing.length === 0) return
    run.progress(wanted.id, missing[0] ?? '')
    if (Date.now() > until) {
      throw new StepError(
        'timeout',
        `the cluster ${place.settings.cluster} is not ready after ${wanted.timeout / 1000} s`,
        {
          span: wanted.from,
          evidence: missing,
          hint: `docker logs ${place.settings.cluster}-control-plane, and iamstack doctor for settings of this machine`,
        },
      )
    }
    await sleep(pause, undefined, { signal })
  }
}

async function missingOf(place: KindPlace, signal: AbortSignal): Promise<string[]> {
  const { cluster } = place.settings
  let client: KubeClient | undefined
  let nodes: readonly KubeObject[]
  try {
    client = await place.client(signal)
    if (!client) {
      const seen = await lookAtKind(await place.engine(), cluster, signal)
      if (seen.kind === 'absent' || seen.kind === 'unfinished') throw gone(cluster)
      return ['its containers do not run']
    }
    await client.raw('/readyz', signal)
    nodes = (await client.list(kinds.Node, { namespace: undefined }, signal)).items
  } catch (error) {
    signal.throwIfAborted()
    // A server that is just starting refuses, breaks off, or knows nobody yet.
    const isStarting = (error instanceof StepError && !error.isTerminal) || error instanceof KubeError
    if (!isStarting) throw error
    return [`its API server does not answer yet: ${error.message}`]
  }
  const problems = nodes.flatMap((node) => nodeProblem(node) ?? [])
  return nodes.length === 0 ? ['no node has registered yet'] : problems
}

function gone(cluster: string): StepError {
  return new StepError('deploy', `the cluster ${cluster} went away, or making it was interrupted`, {
    hint: 'run the command again: what is left of it is removed, and it is made anew',
  })
}
