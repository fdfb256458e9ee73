import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { below, countOf, fieldsOf, listOf, textOf } from './json.ts'
import type { Pod } from './pod.ts'
import { find, type Scene } from './scene.ts'

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet'

/** How far a controller has come with its newest template. */
export interface Rollout {
  /** Its numbers speak of what was asked last. */
  readonly isObserved: boolean
  readonly wanted: number
  readonly updated: number
  readonly available: number
  /** Of any template. */
  readonly total: number
  /** Pods of the newest template, and of those before it; finished ones are in neither. */
  readonly current: readonly Pod[]
  readonly former: readonly Pod[]
}

export function rolloutOf(workload: KubeObject, scene: Scene): Rollout {
  const { metadata } = workload
  const status = fieldsOf(workload['status'])
  const wanted = below(workload, 'spec', 'replicas') ?? 1
  const isObserved = countOf(status['observedGeneration']) >= (metadata.generation ?? 0)
  const living = scene.pods.filter(({ phase }) => phase !== 'Failed' && phase !== 'Succeeded')
  const kind = workload.kind as WorkloadKind
  switch (kind) {
    case 'Deployment': {
      const sets = scene
        .of('ReplicaSet')
        .filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
      const revision = metadata.annotations?.[revisionAnnotation]
      const newest = sets.find((set) => set.metadata.annotations?.[revisionAnnotation] === revision)
      const owners = new Set(sets.map((set) => set.metadata.uid))
      return {
        isObserved,
        wanted: countOf(wanted),
        updated: countOf(status['updatedReplicas']),
        available: countOf(status['availableReplicas']),
        total: countOf(status['replicas']),
        ...split(
          living.filter(({ owner }) => owner !== undefined && owners.has(owner)),
          ({ owner }) => owner === newest?.metadata.uid,
        ),
      }
    }
    case 'StatefulSet': {
      const revision = textOf(status['updateRevision'])
      const total = countOf(status['replicas'])
      // Without a template that differs from the running one, the server counts no updated ones.
      const isSettled = revision === textOf(status['currentRevision'])
      return {
        isObserved,
        wanted: countOf(wanted),
        updated: isSettled ? total : countOf(status['updatedReplicas']),
        available: countOf(status['availableReplicas'] ?? status['readyReplicas']),
        total,
        ...split(
          ownedBy(living, metadata.uid),
          ({ labels }) => labels['controller-revision-hash'] === revision,
        ),
      }
    }
    case 'DaemonSet': {
      const generation = metadata.annotations?.['deprecated.daemonset.template.generation']
      return {
        isObserved,
        wanted: countOf(status['desiredNumberScheduled']),
        updated: countOf(status['updatedNumberScheduled']),
        available: countOf(status['numberAvailable']),
        total: countOf(status['currentNumberScheduled']),
        ...split(
          ownedBy(living, metadata.uid),
          ({ labels }) => labels['pod-template-generation'] === generation,
        ),
      }
    }
    default:
      return kind satisfies never
  }
}

const revisionAnnotation = 'deployment.kubernetes.io/revision'

function ownedBy(pods: readonly Pod[], uid: string | undefined): Pod[] {
  return pods.filter(({ owner }) => owner !== undefined && owner === uid)
}

function split(pods: readonly Pod[], isCurrent: (pod: Pod) => boolean): Pick<Rollout, 'current' | 'former'> {
  return { current: pods.filter(isCurrent), former: pods.filter((pod) => !isCurrent(pod)) }
}

/** Endpoints behind a Service that take traffic. */
export function readyEndpoints(scene: Scene, service: string): number {
  return scene
    .of('EndpointSlice')
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap((slice) => listOf(slice['endpoints']))
    .filter((endpoint) => below(endpoint, 'conditions', 'ready') !== false).length
}

/** Where a Service of type LoadBalancer answers; undefined while it has no address. */
export function balancerAddress(scene: Scene, service: string): string | undefined {
  const found = find(scene, 'Service', service)
  const [first] = listOf(below(found, 'status', 'loadBalancer', 'ingress'))
  return textOf(below(first, 'hostname')) ?? textOf(below(first, 'ip'))
}
