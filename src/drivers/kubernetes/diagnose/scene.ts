import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { readEvent, type ClusterEvent } from './events.ts'
import { readPod, type Pod } from './pod.ts'
import type { Elapsed } from './verdict.ts'

/** One look at a namespace, as far as readiness is judged by it. */
export interface Scene {
  readonly pods: readonly Pod[]
  readonly events: readonly ClusterEvent[]
  readonly claims: readonly KubeObject[]
  /** Everything else by kind: Deployment, ReplicaSet, Service, EndpointSlice … */
  readonly of: (kind: string) => readonly KubeObject[]
  /** Undefined where nobody could look. */
  readonly classes: readonly KubeObject[] | undefined
  /** Nodes come when they are needed, so having none is no failure yet. */
  readonly mayGrow: boolean
  readonly elapsed: Elapsed
}

export interface SceneInput {
  readonly objects: Iterable<KubeObject>
  readonly classes?: readonly KubeObject[] | undefined
  readonly mayGrow: boolean
  readonly elapsed: Elapsed
}

export function sceneOf({ objects, classes, mayGrow, elapsed }: SceneInput): Scene {
  const byKind = new Map<string, KubeObject[]>()
  for (const object of objects) {
    const known = byKind.get(object.kind)
    if (known) known.push(object)
    else byKind.set(object.kind, [object])
  }
  const of = (kind: string): readonly KubeObject[] => byKind.get(kind) ?? []
  return {
    pods: of('Pod').map(remembered(podsRead, readPod)),
    events: of('Event').map(remembered(eventsRead, readEvent)),
    claims: of('PersistentVolumeClaim'),
    of,
    classes,
    mayGrow,
    elapsed,
  }
}

/** Objects of a watch stay the same until they change, and are looked at many times. */
const podsRead = new WeakMap<KubeObject, Pod>()
const eventsRead = new WeakMap<KubeObject, ClusterEvent>()

function remembered<T>(known: WeakMap<KubeObject, T>, read: (object: KubeObject) => T) {
  return (object: KubeObject): T => {
    const found = known.get(object) ?? read(object)
    known.set(object, found)
    return found
  }
}

/** The object of that kind and name. */
export function find(scene: Scene, kind: string, name: string): KubeObject | undefined {
  return scene.of(kind).find(({ metadata }) => metadata.name === name)
}
