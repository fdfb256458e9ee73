import { setTimeout as sleep } from 'node:timers/promises'
import { StepError } from '../plan/step-error.ts'
import type { KubeClient, KubeObject } from '../platform/kubernetes/client.ts'
import { kinds } from '../platform/kubernetes/kinds.ts'
import { beingRemoved, hasStatus, refused } from './cluster-error.ts'
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

/** How one that is going is waited for. */
export interface Waiting {
  readonly tell: (text: string) => void
  readonly signal?: AbortSignal
  /** Milliseconds between looks, and in all. Default: half a second, and two minutes. */
  readonly pause?: number
  readonly patience?: number
}

/**
 * Whether it is there. One that is going takes nothing new: a teardown that was cut off goes on by itself, so its end is waited
 * for. StepError when it belongs to somebody else, or does not go.
 */
export async function findNamespace(
  client: KubeClient,
  namespace: TargetNamespace,
  waiting: Waiting,
): Promise<boolean> {
  const { name } = namespace.object.metadata
  const { tell, signal, pause = 500, patience = 120_000 } = waiting
  const deadline = performance.now() + patience
  for (let looks = 1; ; looks += 1) {
    const state = await lookAt(client, namespace)
    if (state !== 'going') return state === 'there'
    if (performance.now() >= deadline) throw beingRemoved(name)
    if (looks === 1) tell(`namespace ${name} is being removed: waiting until it is gone`)
    await sleep(pause, undefined, signal && { signal })
  }
}

async function lookAt(
  client: KubeClient,
  { object, isGiven }: TargetNamespace,
): Promise<'there' | 'going' | 'absent'> {
  const { name } = object.metadata
  let found: KubeObject | undefined
  try {
    found = await client.get(kinds.Namespace, undefined, name)
  } catch (error) {
    // Who may work in one namespace only may often not look at namespaces; then what is in it tells.
    if (isGiven && hasStatus(error, 403)) return 'there'
    throw refused(error, 'look at the namespace', name)
  }
  if (!found) return 'absent'
  const owner = found.metadata.labels?.[projectLabel]
  if (isGiven || owner === object.metadata.labels?.[projectLabel])
    return found.metadata.deletionTimestamp === undefined ? 'there' : 'going'
  const whose = owner === undefined ? 'it was not made by iamstack' : `it belongs to ${owner}`
  throw new StepError('precondition', `namespace ${name} is there already, and ${whose}`, {
    hint: 'choose another one with `namespace: NAME` in the profile; one that is named there is used as it is and never deleted',
  })
}

/** Makes it unless it is there. */
export async function provideNamespace(
  client: KubeClient,
  namespace: TargetNamespace,
  waiting: Waiting,
): Promise<void> {
  if (await findNamespace(client, namespace, waiting)) return
  try {
    await client.apply(kinds.Namespace, namespace.object)
  } catch (error) {
    throw refused(error, 'create the namespace', namespace.object.metadata.name)
  }
}
