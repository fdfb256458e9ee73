import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { digest } from '../../../plan/hash.ts'
import type { UpdateOp } from '../../../plan/resource.ts'
import { recordOf } from './kind-of.ts'

/** Fields of `spec` that the API server keeps as they were made, by kind (their validation in pkg/apis, `ValidateImmutableField`). */
const fixedFields: Readonly<Record<string, readonly string[]>> = {
  'apps/v1/Deployment': ['selector'],
  'apps/v1/ReplicaSet': ['selector'],
  'apps/v1/DaemonSet': ['selector'],
  'apps/v1/StatefulSet': ['selector', 'serviceName', 'volumeClaimTemplates', 'podManagementPolicy'],
  'batch/v1/Job': ['selector', 'template', 'completionMode'],
}
/** Kinds whose other top-level fields cannot change either. */
const fixedKinds: Readonly<Record<string, readonly string[]>> = {
  'v1/Pod': ['spec'],
  'rbac.authorization.k8s.io/v1/RoleBinding': ['roleRef'],
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': ['roleRef'],
  'storage.k8s.io/v1/StorageClass': ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'],
}
const fixedPart = 'fixed-spec'

/** A digest for each top-level field (`field spec`, `field data` …), and one for what of `spec` can only be made anew. */
export function partsOfObject(object: KubeObject): Record<string, string> {
  const { apiVersion: _apiVersion, kind: _kind, ...fields } = object
  const fixed = fixedFields[`${object.apiVersion}/${object.kind}`] ?? []
  const spec = Object.entries(recordOf(fields['spec']))
  const kept = spec.filter(([key]) => fixed.includes(key))
  const parts = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [partOf(key), shortDigest(value)]),
  )
  if (kept.length === 0) return parts
  const free = Object.fromEntries(spec.filter(([key]) => !fixed.includes(key)))
  return { ...parts, [partOf('spec')]: shortDigest(free), [fixedPart]: shortDigest(Object.fromEntries(kept)) }
}

/** Parts whose change needs the object to be deleted and made again. */
export function fixedPartsOf(object: KubeObject): string[] {
  const key = `${object.apiVersion}/${object.kind}`
  const isSealed = (key === 'v1/ConfigMap' || key === 'v1/Secret') && object['immutable'] === true
  return [
    ...(fixedFields[key] ? [fixedPart] : []),
    ...[...(fixedKinds[key] ?? []), ...(isSealed ? ['data', 'binaryData', 'stringData'] : [])].map(partOf),
  ]
}

/** What a change of a part costs; a field that is new or gone is a change like any other. */
export function updatesOfObject(object: KubeObject): Readonly<Record<string, UpdateOp>> {
  const updates: [string, UpdateOp][] = [[fieldWord, 'update']]
  for (const part of fixedPartsOf(object)) updates.push([part, 'replace'])
  return Object.fromEntries(updates)
}

const fieldWord = 'field'

function partOf(field: string): string {
  return `${fieldWord} ${field}`
}

function shortDigest(value: unknown): string {
  return digest(value).slice(0, 8)
}
