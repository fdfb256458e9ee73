import { errorAt, type Diagnostic } from '../../../stack/diagnostics.ts'
import type { DesiredObject, KubeResource } from '../spec.ts'
import { groupOf } from './kind-of.ts'

/**
 * Objects that are made twice, generated or raw: the second would silently overwrite the first (S105). Whatever its version, an
 * object is the same by group, kind, namespace and name.
 */
export function duplicateObjects(resources: readonly KubeResource[]): Diagnostic[] {
  const first = new Map<string, DesiredObject>()
  const findings: Diagnostic[] = []
  for (const { spec } of resources) {
    if (spec.kind !== 'objects') continue
    for (const desired of spec.objects) {
      const { apiVersion, kind, metadata } = desired.object
      const key = [groupOf(apiVersion), kind, metadata.namespace ?? '', metadata.name].join('/')
      const earlier = first.get(key)
      if (earlier) findings.push(duplicate(desired, earlier))
      else first.set(key, desired)
    }
  }
  return findings
}

function duplicate({ object, from }: DesiredObject, earlier: DesiredObject): Diagnostic {
  const { kind, metadata } = object
  const place = metadata.namespace === undefined ? '' : ` in namespace ${metadata.namespace}`
  return {
    ...errorAt(
      'manifest/duplicate',
      `${kind} ${metadata.name} exists twice${place}`,
      from,
      'one would overwrite the other: remove or rename one',
    ),
    related: [{ span: earlier.from, message: 'the first one' }],
  }
}
