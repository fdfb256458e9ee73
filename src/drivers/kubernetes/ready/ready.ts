import type { Run } from '../../driver.ts'
import type { KubeClient, KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { connected, type KubeContext } from '../context.ts'
import { podProblem } from '../diagnose/pod-problem.ts'
import { rolloutOf } from '../diagnose/rollout.ts'
import { find, sceneOf, type Scene } from '../diagnose/scene.ts'
import { stopwatch, type Verdict } from '../diagnose/verdict.ts'
import { judgeObject } from '../diagnose/object.ts'
import { specOf, type KubeResource } from '../spec.ts'
import { tell } from '../apply/told.ts'
import { failure, timeout } from './failure.ts'
import { judge, judgedObject, type Judged } from './judge.ts'
import { openLive } from './live.ts'

/** Comes back when a resource is ready; StepError as soon as it cannot become so, with evidence. */
export async function ready(context: KubeContext, wanted: KubeResource, run: Run): Promise<void> {
  switch (wanted.kind) {
    case 'cluster':
      await context.cluster.ready(wanted, run)
      return
    case 'job': {
      const { awaitJob } = await import('../apply/job.ts')
      await awaitJob(context, wanted, run)
      return
    }
    case 'service':
    case 'volume':
    case 'manifest':
    case 'namespace':
    case 'network':
    case 'config':
    case 'secret':
    case 'cert':
    case 'route':
      await untilReady(context, wanted, run)
      return
    case 'chart':
    case 'image':
    case 'delivery':
    case 'files':
    case 'gateway':
      return
    default:
      wanted.kind satisfies never
  }
}

interface Waiting {
  readonly context: KubeContext
  readonly client: KubeClient
  readonly wanted: KubeResource
  readonly judged: Judged
  readonly run: Run
}

export async function untilReady(context: KubeContext, wanted: KubeResource, run: Run): Promise<void> {
  const judged = judgedObject(wanted, context.namespace)
  if (!judged) return
  const waiting: Waiting = { context, client: await connected(context), wanted, judged, run }
  if (isWatchedByAll(judged)) await untilJudgedReady(waiting)
  else await untilObjectReady(waiting)
  await untilReachable(waiting)
}

async function untilReachable({ context, client, wanted, run }: Waiting): Promise<void> {
  const where = context.cluster.abilities.loadBalancer
  // Nobody knows how far away those of a cluster are that was there before us.
  if (where === 'none' || (where === 'cloud' && context.cluster.target !== 'eks')) return
  if (wanted.spec.kind !== 'objects') return
  const { readiness } = wanted.spec
  const services = readiness.kind === 'workload' ? readiness.loadBalancers : []
  if (services.length === 0) return
  const { untilBalancersAnswer } = await import('./balancers.ts')
  await untilBalancersAnswer({ client, namespace: context.namespace, services, where, wanted, run })
}

type WatchedKind =
  'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'PersistentVolumeClaim' | 'Pod' | 'Service'
type Watched = Judged & { readonly kind: WatchedKind; readonly namespace: string }

const watchedKinds: readonly string[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'PersistentVolumeClaim',
  'Pod',
  'Service',
] satisfies WatchedKind[]

function isWatchedByAll(judged: Judged): judged is Watched {
  return watchedKinds.includes(judged.kind) && judged.namespace !== undefined
}

async function untilJudgedReady(waiting: Waiting): Promise<void> {
  const { context, client, wanted, run, judged } = waiting
  if (!isWatchedByAll(judged)) return
  const { namespace } = judged
  const began = Date.now()
  const mayGrow = context.cluster.target === 'eks'
  // As it is after what we did to it: watches may still be behind that.
  const newest = await client.get(kinds[judged.kind], namespace, judged.name, run.signal)
  const live = await openLive(client, { project: context.project, namespace, mayGrow }, run.signal)
  const freed = new Set<string>()
  let told = ''
  try {
    for (;;) {
      const scene = live.scene()
      const verdict = verdictOf(scene, waiting, newest)
      const failing = { context, client, wanted, namespace, scene, signal: run.signal }
      if (verdict.state === 'ready') return
      if (verdict.state === 'failed') throw await failure(verdict.problem, failing)
      const left = began + wanted.timeout - Date.now()
      if (left <= 0) throw await timeout(verdict, wanted.timeout, failing)
      if (verdict.detail !== told) run.progress(wanted.id, verdict.detail)
      told = verdict.detail
      await freeStuck(scene, waiting, freed)
      await live.changed(Math.min(left, verdict.again ?? left), run.signal)
    }
  } finally {
    live.release()
  }
}

function verdictOf(scene: Scene, { judged, wanted }: Waiting, newest: KubeObject | undefined): Verdict {
  const known = find(scene, judged.kind, judged.name)
  if (newest && !isAsNew(known, newest)) return { state: 'waiting', detail: 'just made' }
  return judge(scene, judged, specOf(wanted, 'objects').readiness)
}

/** Versions of objects are numbers that grow, in every server that there is (and by contract from 1.35 on). */
function isAsNew(known: KubeObject | undefined, newest: KubeObject): boolean {
  if (!known) return false
  const versions = [known, newest].map(({ metadata }) => metadata.resourceVersion ?? '')
  const [one = '', other = ''] = versions
  if (!/^\d+$/.test(one) || !/^\d+$/.test(other)) return known.metadata.uid === newest.metadata.uid
  return BigInt(one) >= BigInt(other)
}

/**
 * A StatefulSet replaces its pods in order, and waits for one that is broken to become ready first: for ever, if the newer version
 * is the cure. Such a pod is ended here.
 */
async function freeStuck(scene: Scene, { client, judged, run }: Waiting, freed: Set<string>): Promise<void> {
  const workload = judged.kind === 'StatefulSet' ? find(scene, judged.kind, judged.name) : undefined
  if (!workload || !isWatchedByAll(judged)) return
  const { former } = rolloutOf(workload, scene)
  for (const pod of former) {
    if (pod.isReady || pod.isEnding || freed.has(pod.uid)) continue
    if (!podProblem(pod, { scene, container: undefined, exitsCount: true })) continue
    freed.add(pod.uid)
    tell(run, `pod ${pod.name} of the version before is broken and holds the new one up: it is ended`)
    await client.remove(kinds.Pod, judged.namespace, pod.name, { uid: pod.uid, signal: run.signal })
  }
}

/** Objects of other kinds are watched one by one. */
async function untilObjectReady({ context, client, wanted, judged, run }: Waiting): Promise<void> {
  const { desired, namespace } = judged
  if (!desired) return
  const kind = desired.isKindGuessed
    ? await client.kindOf(desired.object.apiVersion, desired.object.kind)
    : desired.kind
  if (!kind) return
  const limit = AbortSignal.timeout(wanted.timeout)
  const end = new AbortController()
  const signal = AbortSignal.any([run.signal, limit, end.signal])
  const options = { namespace, fieldSelector: `metadata.name=${judged.name}` }
  const elapsed = stopwatch()
  let verdict: Verdict = { state: 'waiting', detail: 'not there yet' }
  let scene = sceneOf({ objects: [], mayGrow: false, elapsed })
  try {
    for await (const event of client.watch(kind, options, signal)) {
      const object = event.type === 'listed' ? event.objects[0] : event.object
      if (!object || event.type === 'deleted') continue
      scene = sceneOf({ objects: [object], mayGrow: false, elapsed })
      verdict = judgeObject(scene, object)
      if (verdict.state !== 'waiting') break
      run.progress(wanted.id, verdict.detail)
    }
  } finally {
    end.abort()
  }
  run.signal.throwIfAborted()
  const failing = {
    context,
    client,
    wanted,
    namespace: namespace ?? context.namespace,
    scene,
    signal: run.signal,
  }
  if (verdict.state === 'failed') throw await failure(verdict.problem, failing)
  if (verdict.state === 'waiting') throw await timeout(verdict, wanted.timeout, failing)
}
