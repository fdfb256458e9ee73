import type { KubeObject } from '../../platform/kubernetes/client.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import { podMates } from '../pods.ts'
import { initContainerOf } from './desired/names.ts'
import { resourceLabel, resourceLabelOf } from './labels.ts'

/** A pod of the stack: whose it is, and which replica of that. */
export interface PlacedPod {
  readonly name: string
  readonly uid: string
  readonly owner: { readonly kind: 'service' | 'job'; readonly name: string }
  /** From 1. */
  readonly replica: number
  readonly object: KubeObject
}

/** A container of a pod, by the name that people know: `api`, `api/migrate` for an init step. */
export interface PlacedContainer {
  readonly pod: PlacedPod
  readonly name: string
  /** The service or job it belongs to. */
  readonly service: string
  readonly label: string
  readonly isInit: boolean
}

/** The part of a pod's `status` that tells how its containers are. */
export interface ContainerStatus {
  readonly name: string
  readonly ready: boolean
  /** With its runtime before it: `containerd://1f0c…`; absent or empty until it was made. */
  readonly containerID?: string
  /** Counts the containers before the present one. */
  readonly restartCount: number
  readonly state: ContainerState
  readonly lastState: ContainerState
}

export interface ContainerState {
  readonly running?: { readonly startedAt?: string }
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly reason?: string
    readonly message?: string
    readonly startedAt?: string
    readonly finishedAt?: string
  }
}

/** Gives pods the numbers of their replicas, the same ones for as long as it lives. */
export interface Numbering {
  /** Those of services and jobs of the stack, by age. Who is missing makes room for later ones. */
  place(pods: readonly KubeObject[]): PlacedPod[]
}

export function createNumbering(stack: ResolvedStack): Numbering {
  const owners = ownersOf(stack)
  const numbers = new Map<string, Map<string, number>>()
  return {
    place(pods) {
      const present = new Set(pods.map(uidOf))
      for (const given of numbers.values())
        for (const uid of given.keys()) if (!present.has(uid)) given.delete(uid)
      return [...pods].sort(byAge).flatMap((object): PlacedPod[] => {
        const label = object.metadata.labels?.[resourceLabel] ?? ''
        const owner = owners.get(label)
        if (!owner) return []
        const given = numbers.get(label) ?? new Map<string, number>()
        numbers.set(label, given)
        const uid = uidOf(object)
        const replica = given.get(uid) ?? ordinalOf(object) ?? lowestFree(given)
        given.set(uid, replica)
        return [{ name: object.metadata.name, uid, owner, replica, object }]
      })
    },
  }
}

/** Every container in which a service or job of the stack runs; of a pod with several members each has its own. */
export function containersOf(pod: PlacedPod, stack: ResolvedStack): PlacedContainer[] {
  const spec = pod.object['spec'] as
    | {
        readonly containers?: readonly { name: string }[]
        readonly initContainers?: readonly { name: string }[]
      }
    | undefined
  const service = pod.owner.kind === 'service' ? stack.services.get(pod.owner.name) : undefined
  const members = service ? podMates(stack, service) : []
  const names = new Set([pod.owner.name, ...members.map(({ name }) => name)])
  const steps = new Map(
    members.flatMap((member) =>
      member.init.map((step): [string, readonly [string, string]] => [
        initContainerOf(member.name, step.name, member.name === pod.owner.name),
        [member.name, step.name],
      ]),
    ),
  )
  const main = (spec?.containers ?? []).map(({ name }): PlacedContainer => {
    const [owner, label] = names.has(name) ? [name, name] : [pod.owner.name, `${pod.owner.name}/${name}`]
    return { pod, name, service: owner, label, isInit: false }
  })
  const init = (spec?.initContainers ?? []).map(({ name }): PlacedContainer => {
    const [owner, step] = steps.get(name) ?? [pod.owner.name, name]
    return { pod, name, service: owner, label: `${owner}/${step}`, isInit: true }
  })
  return [...init, ...main]
}

/** Undefined until the node has seen the container. */
export function statusOf(object: KubeObject, container: string): ContainerStatus | undefined {
  const status = object['status'] as
    | {
        readonly containerStatuses?: readonly ContainerStatus[]
        readonly initContainerStatuses?: readonly ContainerStatus[]
        readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
      }
    | undefined
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container)
}

export function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? metadata.name
}

function ownersOf(stack: ResolvedStack): Map<string, PlacedPod['owner']> {
  const of = (kind: 'service' | 'job', names: Iterable<string>): [string, PlacedPod['owner']][] =>
    [...names].map((name) => [resourceLabelOf(`${kind}/${name}`), { kind, name }])
  return new Map([...of('service', stack.services.keys()), ...of('job', stack.jobs.keys())])
}

/** Those that are on their way out come last, so that who stays has the low numbers. */
function byAge(one: KubeObject, other: KubeObject): number {
  const rank = ({ metadata }: KubeObject): string =>
    [metadata.deletionTimestamp === undefined ? 0 : 1, metadata.creationTimestamp ?? '', metadata.name].join(
      ' ',
    )
  return rank(one) < rank(other) ? -1 : 1
}

/** Replicas of a StatefulSet are numbered from 0 in their names. */
function ordinalOf({ metadata }: KubeObject): number | undefined {
  if (!metadata.ownerReferences?.some(({ kind }) => kind === 'StatefulSet')) return undefined
  const ordinal = /-(\d+)$/.exec(metadata.name)?.[1]
  return ordinal === undefined ? undefined : Number(ordinal) + 1
}

function lowestFree(given: ReadonlyMap<string, number>): number {
  const taken = new Set(given.values())
  let number = 1
  while (taken.has(number)) number += 1
  return number
}
