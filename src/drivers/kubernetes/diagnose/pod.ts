import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { below, countOf, fieldsOf, listOf, textOf, type Fields } from './json.ts'

/** A pod as far as readiness and its failures show in it. */
export interface Pod {
  readonly name: string
  readonly uid: string
  readonly labels: Readonly<Record<string, string>>
  /** RFC 3339, by the server's clock. */
  readonly created: string | undefined
  /** Uid of the controller that made it. */
  readonly owner: string | undefined
  readonly phase: string
  /** Of the pod itself: `Evicted`, `NodeLost`, `OutOfcpu`. */
  readonly reason: string | undefined
  readonly message: string | undefined
  readonly isReady: boolean
  readonly isEnding: boolean
  /** Why the scheduler found no node, in its words. */
  readonly unschedulable: { readonly message: string; readonly since: string | undefined } | undefined
  readonly containers: readonly Container[]
  readonly node: string | undefined
  /** Names of claims that it mounts. */
  readonly claims: readonly string[]
}

export interface Container {
  readonly name: string
  readonly image: string
  /** Runs before the others, and to its end. */
  readonly isInit: boolean
  readonly isReady: boolean
  readonly restarts: number
  readonly state: ContainerState
  /** How the run before this one ended. */
  readonly last: Ended | undefined
  /** As written: `64Mi`. */
  readonly memoryLimit: string | undefined
}

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly started: string | undefined }
  | ({ readonly kind: 'ended' } & Ended)

export interface Ended {
  readonly exitCode: number
  readonly reason: string
  readonly message: string
  readonly at: string | undefined
}

export function readPod(object: KubeObject): Pod {
  const { metadata } = object
  const spec = fieldsOf(object['spec'])
  const status = fieldsOf(object['status'])
  const conditions = listOf(status['conditions'])
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled')
  const statuses = [...listOf(status['initContainerStatuses']), ...listOf(status['containerStatuses'])]
  const container = (isInit: boolean) => (declared: Fields) => readContainer(declared, isInit, statuses)
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? {},
    created: metadata.creationTimestamp,
    owner: metadata.ownerReferences?.find(({ controller }) => controller)?.uid,
    phase: textOf(status['phase']) ?? 'Pending',
    reason: textOf(status['reason']),
    message: textOf(status['message']),
    isReady: conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    isEnding: metadata.deletionTimestamp !== undefined,
    unschedulable:
      scheduled?.['status'] === 'False' && scheduled['reason'] === 'Unschedulable'
        ? {
            message: textOf(scheduled['message']) ?? '',
            since: textOf(scheduled['lastTransitionTime']),
          }
        : undefined,
    containers: [
      // One that restarts by itself is a companion of the main containers.
      ...listOf(spec['initContainers']).map((each) => container(each['restartPolicy'] !== 'Always')(each)),
      ...listOf(spec['containers']).map(container(false)),
    ],
    node: textOf(spec['nodeName']),
    claims: listOf(spec['volumes']).flatMap(
      (volume) => textOf(below(volume, 'persistentVolumeClaim', 'claimName')) ?? [],
    ),
  }
}

function readContainer(declared: Fields, isInit: boolean, statuses: readonly Fields[]): Container {
  const name = textOf(declared['name']) ?? ''
  const status = fieldsOf(statuses.find((each) => each['name'] === name))
  return {
    name,
    image: textOf(declared['image']) ?? '',
    isInit,
    isReady: status['ready'] === true,
    restarts: countOf(status['restartCount']),
    state: readState(fieldsOf(status['state'])),
    last: readEnd(below(status, 'lastState', 'terminated')),
    memoryLimit: textOf(below(declared, 'resources', 'limits', 'memory')),
  }
}

function readState(state: Fields): ContainerState {
  const ended = readEnd(state['terminated'])
  if (ended) return { kind: 'ended', ...ended }
  if (state['running'] !== undefined)
    return { kind: 'running', started: textOf(below(state, 'running', 'startedAt')) }
  const waiting = fieldsOf(state['waiting'])
  return {
    kind: 'waiting',
    reason: textOf(waiting['reason']) ?? 'Pending',
    message: textOf(waiting['message']) ?? '',
  }
}

function readEnd(value: unknown): Ended | undefined {
  if (value === undefined) return undefined
  const end = fieldsOf(value)
  return {
    exitCode: countOf(end['exitCode']),
    reason: textOf(end['reason']) ?? '',
    message: textOf(end['message']) ?? '',
    at: textOf(end['finishedAt']),
  }
}
