import type { KubeObject } from '../../platform/kubernetes/client.ts'
import { projectLabel, resourceLabel } from './labels.ts'
import type { DesiredObject } from './spec.ts'

/** A job that runs once beside the stack, under names of its own. */
export interface OnceObjects {
  readonly job: KubeObject
  /** The container whose exit code counts. */
  readonly container: string
  /** What only its pod reads. */
  readonly others: readonly DesiredObject[]
}

/** Seconds that the cluster keeps it when nobody is left to take it away. */
const keptAfterEnd = 60
/** Longest name of a Job: its pods have five characters and a hyphen more. */
const longestName = 57

/**
 * The objects of a job so that they can run at any time, several at once, and are nothing that the stack wants or lacks: none
 * says to which resource it belongs. It waits (`suspend`) when there is something that its pod is to read.
 */
export function onceObjects(objects: readonly DesiredObject[], suffix: string): OnceObjects {
  const [first, ...others] = objects
  const spec = first?.object['spec'] as JobSpec | undefined
  if (!first || !spec) throw new TypeError('a job has a Job')
  const names = new Map(
    others.map(({ object }) => [object.metadata.name, named(object.metadata.name, suffix)]),
  )
  const template = renamed(spec.template, names) as JobSpec['template']
  const { [resourceLabel]: _, ...labels } = template.metadata?.labels ?? {}
  const [container] = template.spec.containers
  return {
    job: {
      apiVersion: first.object.apiVersion,
      kind: first.object.kind,
      metadata: ownMetadata(first.object, named(first.object.metadata.name, suffix)),
      spec: {
        ...spec,
        backoffLimit: 0,
        ttlSecondsAfterFinished: keptAfterEnd,
        suspend: others.length > 0,
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    },
    container: container?.name ?? '',
    others: others.map((each) => ({
      ...each,
      object: {
        ...each.object,
        metadata: ownMetadata(each.object, named(each.object.metadata.name, suffix)),
      },
    })),
  }
}

interface JobSpec {
  readonly template: {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
    readonly spec: { readonly containers: readonly { readonly name: string }[] }
  }
}

function ownMetadata({ metadata }: KubeObject, name: string): KubeObject['metadata'] {
  const { [resourceLabel]: _resource, [projectLabel]: _project, ...labels } = metadata.labels ?? {}
  return { name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }), labels }
}

function named(name: string, suffix: string): string {
  return `${name.slice(0, longestName - suffix.length - 1)}-${suffix}`
}

/** The pod template with the new names wherever it reads one of the objects. */
function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      references.has(key) ? readingOf(each, names) : renamed(each, names),
    ]),
  )
}

/** Where a pod names a Secret or ConfigMap. */
const references = new Set([
  'secretRef',
  'secretKeyRef',
  'configMapRef',
  'configMapKeyRef',
  'secret',
  'configMap',
])

function readingOf(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      (key === 'name' || key === 'secretName') && typeof each === 'string' ? (names.get(each) ?? each) : each,
    ]),
  )
}
