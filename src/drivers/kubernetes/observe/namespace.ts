import { StepError } from '../../../plan/step-error.ts'
import type { ObservedResource } from '../../../plan/resource.ts'
import { KubeError, type KubeClient, type KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { isNamespaceGiven, type KubeContext } from '../context.ts'
import { projectLabel } from '../labels.ts'
import { firstOf, seen } from './seen.ts'
import type { Found } from './look.ts'

/** Whose a namespace is: ours, one that the profile tells us to use, or somebody else's. */
export type Namespace =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ours' | 'foreign'; readonly object: KubeObject }
  | { readonly kind: 'given' }

type Place = Pick<KubeContext, 'namespace' | 'project'>

export async function findNamespace(
  client: KubeClient,
  place: Place,
  signal?: AbortSignal,
): Promise<Namespace> {
  const isGiven = isNamespaceGiven(place)
  try {
    const object = await client.get(kinds.Namespace, undefined, place.namespace, signal)
    if (!object) return { kind: 'absent' }
    if (object.metadata.labels?.[projectLabel] === place.project) return { kind: 'ours', object }
    return isGiven ? { kind: 'given' } : { kind: 'foreign', object }
  } catch (error) {
    // Who may work in one namespace only may often not look at namespaces.
    if (isGiven && error instanceof KubeError && error.status === 403) return { kind: 'given' }
    throw error
  }
}

/** A namespace that is there without us is not taken over (S58). */
export function foreignNamespace(name: string, object: KubeObject): StepError {
  const owner = object.metadata.labels?.[projectLabel]
  const whose = owner === undefined ? 'it was not made by iamstack' : `it belongs to ${owner}`
  return new StepError('precondition', `namespace ${name} is there already, and ${whose}`, {
    hint: 'choose another one with `namespace: NAME` in the profile; one that is named there is used as it is and never deleted',
  })
}

/** `namespace/NS`; undefined while there is none. StepError when it is somebody else's. */
export function namespaceSeen(
  namespace: Namespace,
  { namespace: name }: Place,
  group: readonly Found[],
): ObservedResource | undefined {
  const id = `namespace/${name}` as const
  switch (namespace.kind) {
    case 'absent':
      return undefined
    case 'foreign':
      throw foreignNamespace(name, namespace.object)
    case 'given': {
      const first = firstOf(group)
      if (first) return seen(id, group, { health: 'ready', detail: 'there before' })
      return {
        id,
        health: 'ready',
        parts: {},
        replicas: undefined,
        detail: 'there before',
        holdsData: undefined,
      }
    }
    case 'ours': {
      const whole = [{ kind: kinds.Namespace, object: namespace.object }, ...group]
      const sight = {
        health: 'ready',
        detail: 'there',
        holdsData: `everything in namespace ${name}`,
      } as const
      // The memory of the stack makes it first, with nothing else of it.
      if (firstOf(whole)) return seen(id, whole, sight)
      return { ...sight, id, parts: {}, replicas: undefined }
    }
    default:
      return namespace satisfies never
  }
}
