import { StepError } from '../plan/step-error.ts'
import type { KubeClient, KubeObject } from '../platform/kubernetes/client.ts'
import { kinds } from '../platform/kubernetes/kinds.ts'
import { hasStatus, refused } from './cluster-error.ts'
import { ownLabels, projectLabel } from './ownership.ts'

/** The namespace of a stack as far as its memory needs it. */
export interface TargetNamespace {
  /** As it is applied when it is missing: its labels make it ours. */
  readonly object: KubeObject
  /** The profile names it, so it is used even if somebody else made it. */
  readonly isGiven: boolean
}

/** A namespace that is ours, as the driver would begin one. */
export function namespaceObject(project: string, name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { ...ownLabels(project), 'iamstack.dev/resource': `namespace.${name}`.slice(0, 63) },
      annotations: { 'iamstack.dev/resource': `namespace/${name}`, 'iamstack.dev/parts': '{}' },
    },
  }
}

/** Whether it is there. StepError when it is there and belongs to somebody else. */
export async function findNamespace(
  client: KubeClient,
  { object, isGiven }: TargetNamespace,
): Promise<boolean> {
  const { name } = object.metadata
  let found: KubeObject | undefined
  try {
    found = await client.get(kinds.Namespace, undefined, name)
  } catch (error) {
    // Who may work in one namespace only may often not look at namespaces; then what is in it tells.
    if (isGiven && hasStatus(error, 403)) return true
    throw refused(error, 'look at the namespace', name)
  }
  if (!found) return false
  const owner = found.metadata.labels?.[projectLabel]
  if (isGiven || owner === object.metadata.labels?.[projectLabel]) return true
  const whose = owner === undefined ? 'it was not made by iamstack' : `it belongs to ${owner}`
  throw new StepError('precondition', `namespace ${name} is there already, and ${whose}`, {
    hint: 'choose another one with `namespace: NAME` in the profile; one that is named there is used as it is and never deleted',
  })
}

/** Makes it unless it is there. */
export async function provideNamespace(client: KubeClient, namespace: TargetNamespace): Promise<void> {
  if (await findNamespace(client, namespace)) return
  try {
    await client.apply(kinds.Namespace, namespace.object)
  } catch (error) {
    throw refused(error, 'create the namespace', namespace.object.metadata.name)
  }
}
