import { setMaxListeners } from 'node:events'
import { editedLives } from '../../../dev/sync/ledger.ts'
import type { Life, Observed, ObservedResource, ResourceId, ResourceKind } from '../../../plan/resource.ts'
import { KubeError, type KubeClient, type KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { KubeContext } from '../context.ts'
import { judgeClaim } from '../diagnose/claim.ts'
import { below, listOf, textOf } from '../diagnose/json.ts'
import { judgeObject } from '../diagnose/object.ts'
import { sceneOf, type Scene } from '../diagnose/scene.ts'
import { elapsedBy, type Verdict } from '../diagnose/verdict.ts'
import { livesByService } from '../lives.ts'
import { claimUids, jobRecords, jobSeen, jobsRemembered } from './jobs.ts'
import { byResource, look, type Found } from './look.ts'
import { findNamespace, namespaceSeen } from './namespace.ts'
import { recordedKinds } from './recorded-kinds.ts'
import { seen, type Sight } from './seen.ts'
import { serviceSight } from './services.ts'

/** Everything of this stack in the cluster: lists by label, as many as there are kinds, whatever the number of services. */
export async function observe(context: KubeContext, signal: AbortSignal): Promise<Observed> {
  setMaxListeners(0, signal)
  const cluster = context.cluster.observe(signal)
  const inside = (async () => {
    const client = await context.client()
    return client ? observeInside(context, client, signal) : []
  })()
  const [outside, found] = await Promise.all([cluster, inside])
  return new Map([...outside, ...found.map((each) => [each.id, each] as const)])
}

async function observeInside(
  context: KubeContext,
  client: KubeClient,
  signal: AbortSignal,
): Promise<ObservedResource[]> {
  const { memory, cluster, namespace: name } = context
  const [namespace, found, records, charts, edited] = await Promise.all([
    findNamespace(client, context, signal),
    recordedKinds(memory).then((recorded) => look(client, context, recorded, signal)),
    jobRecords(memory),
    observeCharts(context, signal),
    editedLives(memory),
  ])
  const groups = byResource(found)
  const scene = sceneOf({
    objects: found.filter((each) => each.object.metadata.namespace === name).map(({ object }) => object),
    classes: await classesFor(found, client, signal),
    mayGrow: cluster.target === 'eks',
    elapsed: elapsedBy(Date.now()),
  })
  const place = namespaceSeen(namespace, context, groups.get(`namespace/${name}`) ?? [])
  const pods = found.flatMap(({ object }) => (object.kind === 'Pod' ? [object] : []))
  const lives = livesByService(pods, context.stack, edited)
  const resources = [...groups].flatMap(([id, group]) =>
    id.startsWith('namespace/') || id.startsWith('chart/')
      ? []
      : [withLives(resourceSeen(id, group, scene), lives)],
  )
  return [
    ...(place ? [place] : []),
    ...resources,
    ...jobsRemembered(records, new Set(groups.keys()), claimUids(scene.claims)),
    ...charts.values(),
  ]
}

function withLives(
  seen: ObservedResource,
  byService: ReadonlyMap<string, readonly Life[]>,
): ObservedResource {
  const lives = seen.id.startsWith('service/') ? byService.get(seen.id.slice('service/'.length)) : undefined
  return lives ? { ...seen, lives } : seen
}

/** Releases of charts are helm's to look at; a stack without any does not ask it. */
async function observeCharts(context: KubeContext, signal: AbortSignal): Promise<Observed> {
  const charts = await import('../charts.ts')
  return charts.observeCharts(context, signal)
}

/** Classes tell why a claim is not bound; asked only when there is such a claim. Who may not look at them does without. */
async function classesFor(
  found: readonly Found[],
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly KubeObject[] | undefined> {
  const isOpen = found.some(
    ({ object }) => object.kind === 'PersistentVolumeClaim' && below(object, 'status', 'phase') !== 'Bound',
  )
  if (!isOpen) return undefined
  return storageClasses(client, signal)
}

export async function storageClasses(
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly KubeObject[] | undefined> {
  try {
    return (await client.list(kinds.StorageClass, { namespace: undefined }, signal)).items
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof KubeError)) throw error
    return undefined
  }
}

function resourceSeen(id: ResourceId, group: readonly Found[], scene: Scene): ObservedResource {
  const kind = id.slice(0, id.indexOf('/')) as ResourceKind
  switch (kind) {
    case 'service':
      return seen(id, group, serviceSight(group, scene))
    case 'job':
      return jobSeen(id, group, scene)
    case 'volume':
      return seen(id, group, volumeSight(id, group, scene))
    case 'manifest':
      return seen(id, group, manifestSight(group, scene))
    case 'route':
      return seen(id, group, routeSight(group))
    case 'namespace':
    case 'network':
    case 'config':
    case 'secret':
    case 'cert':
    case 'chart':
    case 'cluster':
    case 'delivery':
    case 'image':
    case 'files':
    case 'gateway':
      return seen(id, group, { health: 'ready', detail: 'there' })
    default:
      return kind satisfies never
  }
}

/** A claim that cannot be bound is waited for, which says why; making it again would not help. */
function volumeSight(id: ResourceId, group: readonly Found[], scene: Scene): Sight {
  const verdicts = group.map(({ object }) => judgeClaim(object, scene))
  const sizes = group.map(({ object }) => textOf(below(object, 'status', 'capacity', 'storage')) ?? '')
  const classes = group.map(({ object }) => textOf(below(object, 'spec', 'storageClassName')) ?? '')
  return {
    ...sightOf(verdicts.find(({ state }) => state !== 'ready') ?? verdicts[0], 'degraded'),
    holdsData: `the data of volume ${id.slice('volume/'.length)}`,
    facts: {
      ...(sizes[0] !== undefined && sizes[0] !== '' && { size: sizes[0] }),
      ...(classes[0] !== undefined && classes[0] !== '' && { class: classes[0] }),
      ...(group.length > 1 && { claims: group.length }),
    },
  }
}

function manifestSight(group: readonly Found[], scene: Scene): Sight {
  const [first] = group
  if (!first) return { health: 'ready', detail: 'there' }
  const { kind, metadata } = first.object
  const holds: Readonly<Record<string, string>> = {
    PersistentVolumeClaim: `the data of claim ${metadata.name}`,
    Namespace: `everything in namespace ${metadata.name}`,
    CustomResourceDefinition: `every ${textOf(below(first.object, 'spec', 'names', 'kind')) ?? metadata.name} in the cluster`,
  }
  const again = kind === 'PersistentVolumeClaim' ? 'degraded' : 'failed'
  return { ...sightOf(judgeObject(scene, first.object), again), holdsData: holds[kind] }
}

function routeSight(group: readonly Found[]): Sight {
  const ingress = group.flatMap(({ object }) => listOf(below(object, 'status', 'loadBalancer', 'ingress')))
  const addresses = ingress.flatMap(({ hostname, ip }) => textOf(hostname) ?? textOf(ip) ?? [])
  const hosts = group.flatMap(({ object }) =>
    listOf(below(object, 'spec', 'rules')).flatMap(({ host }) => textOf(host) ?? []),
  )
  return {
    health: 'ready',
    detail: addresses.length > 0 ? `at ${addresses.join(', ')}` : 'there',
    facts: {
      ...(hosts.length > 0 && { host: hosts.join(', ') }),
      ...(addresses.length > 0 && { addresses: addresses.join(', ') }),
    },
  }
}

function sightOf(verdict: Verdict | undefined, whenFailed: 'degraded' | 'failed'): Sight {
  switch (verdict?.state) {
    case undefined:
      return { health: 'ready', detail: 'there' }
    case 'ready':
      return { health: 'ready', detail: verdict.detail }
    case 'waiting':
      return { health: 'starting', detail: verdict.detail }
    case 'failed':
      return { health: whenFailed, detail: verdict.problem.text }
    default:
      return verdict satisfies never
  }
}
