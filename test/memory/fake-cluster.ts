import {
  KubeError,
  type KindOfObject,
  type KubeClient,
  type KubeObject,
} from '../../src/platform/kubernetes/client.ts'
import { ownLabels } from '../../src/memory/ownership.ts'

/** The few rules of an API server that the memory relies on: names are taken once, `resourceVersion` guards, `uid` tells incarnations apart. */
export interface FakeCluster {
  readonly client: KubeClient
  /** `list secrets`, `create leases` … in the order they were asked. */
  readonly calls: string[]
  readonly objects: Map<string, KubeObject>
  /** Called before each write: to change the world between two requests of ours, or to refuse. */
  beforeWrite: (call: string) => void
  put(object: KubeObject): void
}

export function fakeCluster(): FakeCluster {
  const objects = new Map<string, KubeObject>()
  const calls: string[] = []
  let version = 0
  const stamped = (object: KubeObject, uid: string | undefined): KubeObject => {
    version++
    return structuredClone({
      ...object,
      metadata: { ...object.metadata, uid: uid ?? `uid-${version}`, resourceVersion: String(version) },
    })
  }
  const keyOf = (kind: string, namespace: string | undefined, name: string) =>
    `${kind}/${namespace ?? ''}/${name}`
  const note = (verb: string, { plural }: KindOfObject) => calls.push(`${verb} ${plural}`)
  const fake: FakeCluster = {
    calls,
    objects,
    beforeWrite: () => undefined,
    put: (object) => {
      const key = keyOf(object.kind, object.metadata.namespace, object.metadata.name)
      objects.set(key, stamped(object, objects.get(key)?.metadata.uid))
    },
    client: undefined as unknown as KubeClient,
  }
  const write = (verb: string, kind: KindOfObject) => {
    note(verb, kind)
    fake.beforeWrite(`${verb} ${kind.plural}`)
  }
  const client: Partial<KubeClient> = {
    list: (kind, { namespace, labelSelector }) => {
      note('list', kind)
      const items = [...objects.values()].filter(
        (each) =>
          each.kind === kind.kind &&
          each.metadata.namespace === namespace &&
          (labelSelector ?? '').split(/,(?![^(]*\))/).every((term) => fits(each, term)),
      )
      return Promise.resolve({ items: structuredClone(items), resourceVersion: String(version) })
    },
    get: (kind, namespace, name) => {
      note('get', kind)
      return Promise.resolve(structuredClone(objects.get(keyOf(kind.kind, namespace, name))))
    },
    create: async (kind, object) => {
      write('create', kind)
      await Promise.resolve()
      const { namespace, name } = object.metadata
      if (namespace !== undefined && !objects.has(keyOf('Namespace', undefined, namespace)))
        throw new KubeError(404, 'NotFound', `namespaces "${namespace}" not found`)
      const key = keyOf(kind.kind, namespace, name)
      if (objects.has(key)) throw new KubeError(409, 'AlreadyExists', `${name} already exists`)
      const made = stamped(object, undefined)
      objects.set(key, made)
      return structuredClone(made)
    },
    apply: (kind, object) => {
      write('apply', kind)
      fake.put(object)
      const key = keyOf(kind.kind, object.metadata.namespace, object.metadata.name)
      return Promise.resolve(structuredClone(objects.get(key) as KubeObject))
    },
    replace: async (kind, object) => {
      write('replace', kind)
      await Promise.resolve()
      const key = keyOf(kind.kind, object.metadata.namespace, object.metadata.name)
      const before = objects.get(key)
      if (!before) throw new KubeError(404, 'NotFound', `${object.metadata.name} not found`)
      if (object.metadata.resourceVersion !== before.metadata.resourceVersion)
        throw new KubeError(409, 'Conflict', 'the object has been modified')
      const made = stamped(object, before.metadata.uid)
      objects.set(key, made)
      return structuredClone(made)
    },
    remove: async (kind, namespace, name, options) => {
      write('remove', kind)
      await Promise.resolve()
      const key = keyOf(kind.kind, namespace, name)
      const before = objects.get(key)
      if (!before) return false
      if (options?.uid !== undefined && options.uid !== before.metadata.uid)
        throw new KubeError(409, 'Conflict', 'the UID in the precondition does not match')
      return objects.delete(key)
    },
  }
  return Object.assign(fake, { client: client as KubeClient })
}

function fits({ metadata }: KubeObject, term: string): boolean {
  const labels = metadata.labels ?? {}
  const equal = /^([^=]+)=(.*)$/.exec(term)
  if (equal) return labels[equal[1] ?? ''] === equal[2]
  const set = /^(\S+) (in|notin) \((.*)\)$/.exec(term)
  if (!set) return labels[term] !== undefined
  const isIn = (set[3] ?? '').split(',').includes(labels[set[1] ?? ''] ?? '')
  return (set[2] === 'in') === isIn
}

export function namespaceNamed(name: string, project: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: ownLabels(project) },
  }
}
