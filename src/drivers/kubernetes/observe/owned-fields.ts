import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { KubeObject, ManagedFields } from '../../../platform/kubernetes/client.ts'
import { canonical } from '../../../plan/hash.ts'
import { fieldManager } from '../labels.ts'
import { fieldsOf } from '../diagnose/json.ts'

/** A set of fields as `managedFields` notes it (`f:spec`, `k:{"name":"web"}`, `v:"x"`, `.`): a tree whose leaves are empty. */
export interface FieldTree {
  readonly [step: string]: FieldTree
}

/** The fields of an object that are ours by server-side apply; empty when there are none. */
export function ownedFields(object: KubeObject): FieldTree {
  return treeOf(object.metadata.managedFields?.find(isOurs)?.fieldsV1)
}

export function isOurs({ manager, operation, subresource }: ManagedFields): boolean {
  return manager === fieldManager && operation === 'Apply' && (subresource ?? '') === ''
}

export function treeOf(value: unknown): FieldTree {
  return fieldsOf(value) as FieldTree
}

/** What is remembered of a set on the object itself. */
export function packFields(fields: FieldTree): string {
  return deflateRawSync(Buffer.from(canonical(fields)), { level: 9 }).toString('base64')
}

/** Undefined when somebody else wrote there. */
export function unpackFields(packed: string): FieldTree | undefined {
  try {
    return treeOf(
      JSON.parse(inflateRawSync(Buffer.from(packed, 'base64'), { maxOutputLength: 4 << 20 }).toString()),
    )
  } catch {
    // Whoever edits an annotation may write anything: then nothing is known.
    return undefined
  }
}

/** A path of steps in words: `spec.template.spec.containers[web].image`. */
export function pathText(path: readonly string[]): string {
  return path
    .filter((step) => step !== '.')
    .map((step, index) => {
      const name = step.slice(2)
      if (step.startsWith('f:')) return `${index === 0 ? '' : '.'}${name}`
      if (!step.startsWith('k:')) return `[${name.replaceAll('"', '')}]`
      const key = fieldsOf(JSON.parse(name))
      return `[${String(key['name'] ?? key['containerPort'] ?? key['port'] ?? Object.values(key)[0])}]`
    })
    .join('')
}
