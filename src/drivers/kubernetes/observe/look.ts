import type { KindOfObject, KubeClient, KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { refusal } from '../diagnose/refusal.ts'
import { projectLabel, resourceAnnotation, resourceLabel } from '../labels.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { RecordedKind } from './recorded-kinds.ts'

/** An object of ours and how its kind is called in paths. */
export interface Found {
  readonly kind: KindOfObject
  readonly object: KubeObject
}

export interface Place {
  readonly project: string
  readonly namespace: string
}

/** What our resources consist of in a namespace: those whose content nobody has to read come as metadata only. */
const whole = [
  kinds.Deployment,
  kinds.StatefulSet,
  kinds.DaemonSet,
  kinds.CronJob,
  kinds.Job,
  kinds.ReplicaSet,
  kinds.Pod,
  kinds.Service,
  kinds.EndpointSlice,
  kinds.PersistentVolumeClaim,
  kinds.Ingress,
  kinds.HorizontalPodAutoscaler,
] as const
const metadataOnly = [
  kinds.ConfigMap,
  kinds.Secret,
  kinds.ServiceAccount,
  kinds.Role,
  kinds.RoleBinding,
  kinds.NetworkPolicy,
] as const

/** Everything of a project: one list for each kind, whatever the number of services, and one for each kind of raw objects. */
export async function look(
  client: KubeClient,
  { project, namespace }: Place,
  recorded: readonly RecordedKind[],
  signal?: AbortSignal,
): Promise<Found[]> {
  const labelSelector = `${projectLabel}=${project}`
  const known = [...whole, ...metadataOnly]
  const lists = [
    ...known.map((kind) => ({ kind, namespace, isBare: metadataOnly.some((each) => each === kind) })),
    ...recorded
      .filter((each) => each.namespace !== namespace || !known.some((kind) => isSameKind(kind, each.kind)))
      .map((each) => ({ kind: each.kind, namespace: each.namespace, isBare: each.kind.kind === 'Secret' })),
  ]
  const found = await Promise.all(
    lists.map(async ({ kind, namespace: within, isBare }) => {
      const options = { namespace: within, labelSelector, metadataOnly: isBare }
      const { items } = await client.list(kind, options, signal).catch((error: unknown) => {
        const where = within === undefined ? 'of the cluster' : `in namespace ${within}`
        const object = { kind: kind.plural, metadata: { name: where } }
        throw refusal(error, { verb: 'list', object, from: undefined })
      })
      return items.map((object): Found => ({ kind, object: asKind(object, kind) }))
    }),
  )
  return found.flat()
}

/** Items of a list do not say what they are, and metadata alone says that it is metadata. */
function asKind(object: KubeObject, { apiVersion, kind }: KindOfObject): KubeObject {
  return object.kind === kind ? object : { ...object, apiVersion, kind }
}

export function isSameKind(one: KindOfObject, other: KindOfObject): boolean {
  return one.kind === other.kind && groupOf(one) === groupOf(other)
}

function groupOf({ apiVersion }: KindOfObject): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/** Objects by the resource that they are part of; what a controller made for one of them is none of its own. */
export function byResource(found: readonly Found[]): Map<ResourceId, Found[]> {
  const groups = new Map<ResourceId, Found[]>()
  for (const each of found) {
    const id = resourceOf(each.object)
    if (id === undefined || isMade(each.object)) continue
    const group = groups.get(id)
    if (group) group.push(each)
    else groups.set(id, [each])
  }
  return groups
}

/** The resource that an object says it is part of. Only the label of one that is too long for a label is not the id itself. */
export function resourceOf({ metadata }: KubeObject): ResourceId | undefined {
  const annotated = metadata.annotations?.[resourceAnnotation]
  if (annotated !== undefined) return annotated as ResourceId
  const label = metadata.labels?.[resourceLabel]
  return label?.includes('.') ? (label.replace('.', '/') as ResourceId) : undefined
}

/** Pods, ReplicaSets, EndpointSlices … carry labels of ours because their makers pass them on. */
function isMade({ metadata }: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ controller }) => controller === true) ?? false
}
