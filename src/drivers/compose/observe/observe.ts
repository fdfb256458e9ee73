import { setMaxListeners } from 'node:events'
import { editedLives } from '../../../dev/sync/ledger.ts'
import type { Health, Life, Observed, ObservedResource, ResourceId } from '../../../plan/resource.ts'
import type { Engine } from '../../../platform/engine/engine.ts'
import { listNetworks } from '../../../platform/engine/networks.ts'
import { listVolumes, type Volume } from '../../../platform/engine/volumes.ts'
import type { Memory } from '../../../memory/memory.ts'
import type { ResolvedStack } from '../../../resolve/resolved.ts'
import { dataOf } from '../desired/desired.ts'
import { currentServers, serversDigest, settledServers } from '../desired/servers.ts'
import { sameVolume } from '../../job-volumes.ts'
import { isOurs, label, projectFilter, textRecord } from '../labels.ts'
import { readLedger, type Ledger } from '../ledger.ts'
import { healthOfReplica } from './health.ts'
import { look, places, type SeenContainer } from './look.ts'

interface ObserveContext {
  readonly stack: ResolvedStack
  readonly engine: Engine
  readonly memory: Memory
}

/** Everything of this stack in the engine: three lists, no look at single things. */
export async function observe(context: ObserveContext, signal: AbortSignal): Promise<Observed> {
  const { engine, stack, memory } = context
  // Forty probes listen to one signal, which is no leak.
  setMaxListeners(0, signal)
  const filter = [projectFilter(stack)]
  const [containers, networks, volumes, ledger, edited] = await Promise.all([
    look(engine, stack, { signal }),
    listNetworks(engine, filter, signal),
    listVolumes(engine, filter, signal),
    readLedger(memory),
    editedLives(memory),
  ])
  const ours = volumes.filter(({ Labels }) => isOurs(stack, Labels))
  const scene: Scene = { containers, ledger, edited, incarnations: incarnationsOf(ours), signal }
  const workloads = [...new Set(containers.map(({ resource }) => resource))]
  const seen = [
    ...networks.filter(({ Labels }) => isOurs(stack, Labels)).map(({ Labels }) => networkSeen(Labels)),
    ...ours.filter(({ Labels }) => Labels?.[label.role] === 'data').map(volumeSeen),
    ...(await Promise.all(workloads.map((resource) => workloadSeen(resource, scene)))),
    ...jobsRemembered(scene, workloads),
    ...leftovers(ours, workloads),
  ]
  return new Map(seen.map((each) => [each.id, each]))
}

interface Scene {
  readonly containers: readonly SeenContainer[]
  readonly ledger: Ledger
  /** Containers that `dev` wrote into. */
  readonly edited: ReadonlySet<string>
  readonly incarnations: ReadonlyMap<string, string>
  readonly signal: AbortSignal
}

function incarnationsOf(volumes: readonly Volume[]): Map<string, string> {
  return new Map(
    volumes.flatMap(({ Labels }) => {
      const id = Labels?.[label.resource]
      const incarnation = Labels?.[label.incarnation]
      return id !== undefined && incarnation !== undefined
        ? [[id.slice('volume/'.length), incarnation] as const]
        : []
    }),
  )
}

function networkSeen(labels: Readonly<Record<string, string>> | null): ObservedResource {
  return {
    id: (labels?.[label.resource] ?? '') as ResourceId,
    health: 'ready',
    parts: {},
    replicas: undefined,
    detail: 'there',
    holdsData: undefined,
  }
}

function volumeSeen({ Labels, CreatedAt }: Volume): ObservedResource {
  const id = (Labels?.[label.resource] ?? '') as ResourceId
  return {
    id,
    health: 'ready',
    parts: {},
    replicas: undefined,
    detail: CreatedAt === undefined ? 'there' : `made ${CreatedAt}`,
    holdsData: dataOf(id.slice('volume/'.length)),
  }
}

async function workloadSeen(resource: ResourceId, scene: Scene): Promise<ObservedResource> {
  const own = scene.containers.filter((container) => container.resource === resource)
  return resource.startsWith('job/') ? jobSeen(resource, own, scene) : await serviceSeen(resource, own, scene)
}

async function serviceSeen(
  resource: ResourceId,
  own: readonly SeenContainer[],
  scene: Scene,
): Promise<ObservedResource> {
  const seats = [...places(own).values()]
  const replicas = seats.map(({ current }) => current)
  const found = await Promise.all(
    replicas.map((each) => healthOfReplica(each, scene.containers, scene.signal)),
  )
  const worst = worstFirst.find((health) => found.some((each) => each.health === health)) ?? 'failed'
  const parts = mergedParts(replicas.map((each) => scene.ledger.reloads[each.id] ?? each.parts))
  const isUnfinished = seats.some(({ beside }) => beside.length > 0)
  const [first] = replicas
  return {
    id: resource,
    health: worst,
    parts: parts && {
      ...parts,
      ...(isUnfinished && { 'unfinished replacement': 'there' }),
      ...(resource === 'gateway/main' && { servers: serversSeen(replicas, scene) }),
    },
    replicas:
      resource === 'gateway/main'
        ? undefined
        : { ready: found.filter(({ health }) => health === 'ready').length, total: replicas.length },
    detail: found.find(({ health }) => health === worst)?.detail ?? 'only steps before the start are there',
    holdsData: undefined,
    ...(resource.startsWith('service/') && { lives: replicas.map((each) => lifeOf(each, scene)) }),
    ...(first && { facts: { image: first.image, 'started at': first.created, ...addressesOf(replicas) } }),
  }
}

function lifeOf({ id, name, state }: SeenContainer, { edited }: Scene): Life {
  return { id, name, isRunning: state === 'running', isEdited: edited.has(id) }
}

const worstFirst: readonly Health[] = ['failed', 'degraded', 'starting', 'ready']

/** Parts in which replicas differ get a value that no stack asks for, so the plan mends them. */
function mergedParts(
  all: readonly (Readonly<Record<string, string>> | undefined)[],
): Record<string, string> | undefined {
  const [first, ...others] = all
  if (!first) return undefined
  const names = new Set(all.flatMap((parts) => Object.keys(parts ?? {})))
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const value = first[name]
      const isSame = others.every((parts) => parts?.[name] === value)
      return isSame && value !== undefined ? [[name, value]] : [[name, 'differs between replicas']]
    }),
  )
}

function addressesOf(replicas: readonly SeenContainer[]): Record<string, string> {
  const published = replicas.flatMap(({ ports }) =>
    ports.flatMap(({ IP, PublicPort, PrivatePort }) =>
      PublicPort === undefined ? [] : [`${IP ?? ''}:${PublicPort}→${PrivatePort}`],
    ),
  )
  return published.length > 0 ? { ports: published.join(', ') } : {}
}

function serversSeen(gateway: readonly SeenContainer[], { ledger, containers }: Scene): string {
  const [container] = gateway
  const served = container && (ledger.reloads[container.id]?.['servers'] ?? container.labels[label.servers])
  return served === serversDigest(settledServers(containers)) ? currentServers : 'others'
}

function jobSeen(resource: ResourceId, own: readonly SeenContainer[], scene: Scene): ObservedResource {
  const [last] = own.filter(({ role }) => role === 'job').sort((one, other) => other.created - one.created)
  const isDone = last?.state === 'exited' && last.status.exitCode === 0
  const isRunning = last?.state === 'running' || last?.state === 'restarting'
  const record = { parts: last?.parts ?? {}, volumes: textRecord(last?.labels[label.volumes]) ?? {} }
  return {
    id: resource,
    health: isDone ? 'ready' : isRunning ? 'starting' : 'failed',
    parts: last?.parts && partsOfJob(record, scene),
    replicas: undefined,
    detail: isDone
      ? `completed, ${last.status.detail}`
      : (last?.status.detail ?? 'what an interrupted run left'),
    holdsData: undefined,
    ...(last && { facts: { image: last.image, 'started at': last.created } }),
  }
}

/** A job counts as done on the volumes that it found, and on no others. */
function partsOfJob(record: Ledger['jobs'][string], { incarnations }: Scene): Record<string, string> {
  return {
    ...record.parts,
    ...Object.fromEntries(
      Object.entries(record.volumes).map(([volume, incarnation]) => [
        `volume ${volume}`,
        incarnations.get(volume) === incarnation ? sameVolume : 'another',
      ]),
    ),
    ...('run: always' in record.parts && { 'run: always': 'done' }),
  }
}

/** Jobs whose containers are gone while the volumes that they changed are still there. */
function jobsRemembered(scene: Scene, present: readonly ResourceId[]): ObservedResource[] {
  return Object.entries(scene.ledger.jobs).flatMap(([name, record]): ObservedResource[] => {
    const id: ResourceId = `job/${name}`
    const isKept = Object.entries(record.volumes).every(
      ([volume, incarnation]) => scene.incarnations.get(volume) === incarnation,
    )
    if (present.includes(id) || !isKept) return []
    return [
      {
        id,
        health: 'ready',
        parts: partsOfJob(record, scene),
        replicas: undefined,
        detail: 'completed before, on the volumes that were kept',
        holdsData: undefined,
        isRecord: true,
      },
    ]
  })
}

/** Volumes of containers that are gone: an interrupted removal is finished by the next one. */
function leftovers(volumes: readonly Volume[], present: readonly ResourceId[]): ObservedResource[] {
  const ids = new Set(
    volumes
      .filter(({ Labels }) => Labels?.[label.role] === 'files' || Labels?.[label.role] === 'scratch')
      .map(({ Labels }) => (Labels?.[label.resource] ?? '') as ResourceId),
  )
  return [...ids]
    .filter((id) => !present.includes(id))
    .map((id) => ({
      id,
      health: 'failed',
      parts: {},
      replicas: undefined,
      detail: 'only its volumes are left',
      holdsData: undefined,
      isTrace: true,
    }))
}
