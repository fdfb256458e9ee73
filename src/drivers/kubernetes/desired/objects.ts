import type { KindOfObject, KubeObject } from '../../../platform/kubernetes/client.ts'
import type { ResourceId, ResourceKind, ResourceNeed, UpdateOp } from '../../../plan/resource.ts'
import type { ResolvedStack } from '../../../resolve/resolved.ts'
import type { Span } from '../../../stack/diagnostics.ts'
import { labelsOf } from '../labels.ts'
import type { DesiredObject, KubeResource, SecretContent } from '../spec.ts'

/** Fields that an object of the Kubernetes API has beside kind and metadata. */
export type Fields = Readonly<Record<string, unknown>>

export interface ObjectInput {
  readonly kind: KindOfObject
  readonly name: string
  readonly resource: ResourceId
  readonly fields: Fields
  readonly from: Span
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly secrets?: ReadonlyMap<string, SecretContent>
}

/** An object of ours in the stack's namespace: labels of ours cannot be overruled, they are how it is found again. */
export function desiredObject(stack: ResolvedStack, input: ObjectInput): DesiredObject {
  const { kind, name, resource, fields, from, labels, annotations = {}, secrets = new Map() } = input
  const object: KubeObject = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      name,
      ...(kind.isNamespaced && { namespace: stack.namespace }),
      labels: { ...labels, ...labelsOf(stack.project, resource) },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    ...fields,
  }
  return { kind, object, secrets, from }
}

/** Time to make an object that has no work to do. Milliseconds. */
const objectTimeout = 30_000

export interface PassiveInput {
  readonly id: ResourceId
  readonly objects: readonly DesiredObject[]
  readonly parts: Readonly<Record<string, string>>
  readonly needs: readonly ResourceNeed[]
  readonly holdsData?: string
  readonly from: Span
}

/** A resource that runs nothing: it is ready when it is there, and every part of it can be changed in place. */
export function passiveResource(input: PassiveInput): KubeResource {
  const { id, objects, parts, needs, holdsData, from } = input
  const slash = id.indexOf('/')
  return {
    id,
    kind: id.slice(0, slash) as ResourceKind,
    name: id.slice(slash + 1),
    spec: { kind: 'objects', objects, readiness: { kind: 'exists' }, isReplacedWith: [] },
    parts,
    updates: updatesOf(parts, []),
    needs,
    replicas: undefined,
    timeout: objectTimeout,
    holdsData,
    from,
  }
}

/** Every part is changed in place, but for those whose change the API refuses. */
export function updatesOf(
  parts: Readonly<Record<string, string>>,
  isReplacedWith: readonly string[],
): Record<string, UpdateOp> {
  const inPlace = Object.keys(parts).filter((name) => !isReplacedWith.includes(name))
  return Object.fromEntries<UpdateOp>([
    ...inPlace.map((name) => [name, 'update'] as const),
    ...isReplacedWith.map((name) => [name, 'replace'] as const),
    ['*', 'update'],
  ])
}

export function need(on: ResourceId, until: ResourceNeed['until'] = 'started'): ResourceNeed {
  return { on, until, cascade: false }
}

/** Each resource is needed once, as far as the most demanding says. */
export function uniqueNeeds(needs: readonly ResourceNeed[]): ResourceNeed[] {
  const rank = { started: 0, healthy: 1, completed: 2 }
  const unique = new Map<ResourceId, ResourceNeed>()
  for (const each of needs) {
    const known = unique.get(each.on)
    const until = known && rank[known.until] > rank[each.until] ? known.until : each.until
    unique.set(each.on, { on: each.on, until, cascade: each.cascade || (known?.cascade ?? false) })
  }
  return [...unique.values()]
}

/** Only what is filled, in the order given: an empty list or map is a field that the server would not have. */
export function filled(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** What the stack file passes on as it is, as JSON: maps by key become objects. */
export function jsonOf(value: unknown): unknown {
  if (value instanceof Map)
    return Object.fromEntries(
      [...value].map(([key, each]: [unknown, unknown]) => [String(key), jsonOf(each)]),
    )
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => [key, jsonOf(each)]),
  )
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Texts by key, as labels and annotations want them: a number or a truth value becomes its text (S81). */
export function textsOf(value: unknown): Record<string, string> {
  const record = jsonOf(value)
  if (!isRecord(record)) return {}
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, String(each)]))
}
