import type { ResourceId } from '../../../plan/resource.ts'
import { listContainers, type ContainerSummary } from '../../../platform/engine/containers.ts'
import type { Engine } from '../../../platform/engine/engine.ts'
import { composeLabel, isOurs, label, partsOf, projectFilter, type Identity, type Labels } from '../labels.ts'
import { readStatus, type StatusText } from './status-text.ts'

/** A container of ours as one list shows it. */
export interface SeenContainer {
  readonly id: string
  readonly name: string
  readonly resource: ResourceId
  /** The service as Compose has it. */
  readonly service: string
  readonly role: string
  /** Counted from 1. */
  readonly number: number
  readonly generation: string
  readonly hash: string
  readonly parts: Readonly<Record<string, string>> | undefined
  readonly state: ContainerSummary['State']
  readonly status: StatusText
  readonly image: string
  /** Epoch milliseconds. */
  readonly created: number
  readonly labels: Labels
  readonly ports: ContainerSummary['Ports']
  readonly networks: ContainerSummary['NetworkSettings']['Networks']
}

/** Containers of this stack, running or not; one list. With `resource`, only those of one. */
export async function look(
  engine: Engine,
  identity: Identity,
  options: { readonly resource?: ResourceId; readonly signal?: AbortSignal } = {},
): Promise<SeenContainer[]> {
  const listed = await nextList(engine, projectFilter(identity), options.signal)
  return listed
    .filter(({ Labels }) => isOurs(identity, Labels))
    .filter(({ Labels }) => options.resource === undefined || Labels[label.resource] === options.resource)
    .map(seen)
}

interface Lists {
  /** Being made: what it shows may be older than whoever asks now. */
  current?: Promise<unknown>
  /** Begins when that one has ended, and is for everybody who asks until then. */
  next?: Promise<ContainerSummary[]>
}

const listsOf = new WeakMap<Engine, Map<string, Lists>>()

/** A list that begins after it was asked for. Forty services that look at the same time share one or two. */
async function nextList(
  engine: Engine,
  filter: string,
  signal: AbortSignal | undefined,
): Promise<ContainerSummary[]> {
  signal?.throwIfAborted()
  const byFilter = listsOf.get(engine) ?? new Map<string, Lists>()
  listsOf.set(engine, byFilter)
  const lists = byFilter.get(filter) ?? {}
  byFilter.set(filter, lists)
  lists.next ??= (async () => {
    await lists.current
    delete lists.next
    const list = listContainers(engine, [filter])
    lists.current = list.catch(() => undefined)
    return list
  })()
  const list = await lists.next
  signal?.throwIfAborted()
  return list
}

/** Containers that stand for a service, by number; those that are to take a place come after those that have it. */
export function replicasAmong(containers: readonly SeenContainer[]): SeenContainer[] {
  return containers
    .filter(({ role }) => role === 'replica' || role === 'gateway')
    .sort((one, other) => one.number - other.number || one.name.length - other.name.length)
}

/** Whether a container has the name that its place gives it; a successor gets it when its predecessor is gone. */
export function hasOwnName(container: SeenContainer): boolean {
  return !container.name.endsWith(`-${container.generation}`)
}

/** Of each number the container that counts, and those beside it. */
export function places(
  containers: readonly SeenContainer[],
): Map<number, { readonly current: SeenContainer; readonly beside: readonly SeenContainer[] }> {
  const byNumber = new Map<number, SeenContainer[]>()
  for (const container of replicasAmong(containers)) {
    byNumber.set(container.number, [...(byNumber.get(container.number) ?? []), container])
  }
  return new Map(
    [...byNumber].flatMap(([number, [current, ...beside]]) =>
      current ? [[number, { current, beside }] as const] : [],
    ),
  )
}

/** The port of this machine behind which a port of a container answers. */
export function publishedPort(container: SeenContainer, port: number, protocol = 'tcp'): number | undefined {
  return container.ports.find(
    ({ PrivatePort, PublicPort, Type }) =>
      PrivatePort === port && Type === protocol && PublicPort !== undefined,
  )?.PublicPort
}

function seen(summary: ContainerSummary): SeenContainer {
  const { Labels } = summary
  return {
    id: summary.Id,
    name: (summary.Names[0] ?? '').replace(/^\//, ''),
    resource: (Labels[label.resource] ?? '') as ResourceId,
    service: Labels[composeLabel.service] ?? '',
    role: Labels[label.role] ?? '',
    number: Number(Labels[composeLabel.number] ?? 1),
    generation: Labels[label.generation] ?? '',
    hash: Labels[label.hash] ?? '',
    parts: partsOf(Labels),
    state: summary.State,
    status: readStatus(summary.State, summary.Status),
    image: summary.Image,
    created: summary.Created * 1000,
    labels: Labels,
    ports: summary.Ports,
    networks: summary.NetworkSettings.Networks,
  }
}
