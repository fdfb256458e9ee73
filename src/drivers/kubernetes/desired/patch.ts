import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import type { Service } from '../../../resolve/resolved.ts'
import type { DesiredObject } from '../spec.ts'
import { isRecord, jsonOf } from './objects.ts'
import { clusterLabelsOf } from './services.ts'

/**
 * The user's last word on the objects of a service: by kind (`Deployment`), or by kind and name where there are several
 * (`Service/api-lb`). Maps merge by key, lists of named things by name, other lists and scalars replace, null removes.
 */
export function patched(objects: readonly DesiredObject[], service: Service): DesiredObject[] {
  const patches = patchesOf(service)
  const labels = clusterLabelsOf(service)
  return objects.map((made) => {
    const each = { ...made, object: withLabels(made.object, labels) }
    const { kind, metadata } = each.object
    const byKind = metadata.name === service.name ? patches[kind] : undefined
    const byName = patches[`${kind}/${metadata.name}`]
    if (byKind === undefined && byName === undefined) return each
    const object = [byKind, byName].filter(isRecord).reduce<unknown>(mergedWith, each.object) as KubeObject
    return { ...each, object: { ...object, ...identityOf(each.object, object) } }
  })
}

/** Labels for all objects of a service; ours and those of the stack's own `labels` stay. */
function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, labels: { ...labels, ...metadata.labels } } }
}

/** Patches by the key under which the user wrote them; what is no map is for `check` to report. */
export function patchesOf({ patches }: Service): Readonly<Record<string, unknown>> {
  const written = isRecord(patches.kubernetes) ? jsonOf(patches.kubernetes['patch']) : undefined
  return isRecord(written) ? written : {}
}

/** The keys that a patch may have for these objects. */
export function patchKeys(objects: readonly DesiredObject[], service: Service): string[] {
  return objects.flatMap(({ object: { kind, metadata } }) =>
    metadata.name === service.name ? [kind] : [`${kind}/${metadata.name}`],
  )
}

/** What an object is and how it is found again is not for patching. */
function identityOf(made: KubeObject, now: KubeObject): Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'> {
  const { name, namespace, labels } = made.metadata
  return {
    apiVersion: made.apiVersion,
    kind: made.kind,
    metadata: {
      ...now.metadata,
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { ...now.metadata.labels, ...labels },
    },
  }
}

function mergedWith(base: unknown, patch: unknown): unknown {
  if (patch === undefined) return base
  if (Array.isArray(base) && Array.isArray(patch)) return mergedLists(base, patch)
  if (!isRecord(patch)) return patch
  const entries = new Map<string, unknown>(isRecord(base) ? Object.entries(base) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) entries.delete(key)
    else entries.set(key, mergedWith(entries.get(key), value))
  }
  return Object.fromEntries(entries)
}

function mergedLists(base: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const isNamed = [...base, ...patch].every((each) => nameOf(each) !== undefined)
  if (!isNamed || patch.length === 0) return [...patch]
  const members = new Map(base.map((each) => [nameOf(each), each]))
  for (const each of patch) members.set(nameOf(each), mergedWith(members.get(nameOf(each)), each))
  return [...members.values()]
}

function nameOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value['name'] === 'string' ? value['name'] : undefined
}
