import { createHash } from 'node:crypto'
import type { ResourceId } from '../../plan/resource.ts'

/** On everything of ours: which project it belongs to. Lists select by it. */
export const projectLabel = 'iamstack.dev/project'
/** On everything of ours: which resource it is part of, see `resourceLabelOf`. */
export const resourceLabel = 'iamstack.dev/resource'
/** On the first object of a resource: its id as it is, which a label could not hold. */
export const resourceAnnotation = 'iamstack.dev/resource'
/** On the first object of a resource: its parts as JSON. */
export const partsAnnotation = 'iamstack.dev/parts'
/** On pod templates: a digest of the configs, secrets and certificates they read, so that exactly the consumers start anew. */
export const contentAnnotation = 'iamstack.dev/content'
/** On pod templates, set by `restart` under a field manager of its own, so that the next `up` leaves it. Epoch milliseconds. */
export const restartedAnnotation = 'iamstack.dev/restarted-at'

/** Who owns the fields that we apply. */
export const fieldManager = 'iamstack'
export const restartManager = 'iamstack-restart'

/** A resource as a label value (63 characters of [A-Za-z0-9._-]): `service.api`, with a digest where that would not fit. */
export function resourceLabelOf(id: ResourceId): string {
  const plain = id.replace('/', '.')
  if (plain.length <= 63 && /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(plain)) return plain
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 12)
  return `${plain.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 48)}-${digest}`
}

/** Labels of every object of a resource, also of pods. */
export function labelsOf(project: string, id: ResourceId): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'iamstack',
    'app.kubernetes.io/part-of': project,
    [projectLabel]: project,
    [resourceLabel]: resourceLabelOf(id),
  }
}

/** What Services and controllers select pods by; fixed for the life of a workload, whatever its labels become (S95). */
export function selectorOf(project: string, service: string): Record<string, string> {
  return { 'app.kubernetes.io/name': service, [projectLabel]: project }
}
