import { setTimeout as sleep } from 'node:timers/promises'
import { StepError } from '../../../plan/step-error.ts'
import type { KubeClient, KubeObject } from '../../../platform/kubernetes/client.ts'
import { isNotFound } from '../../../platform/kubernetes/errors.ts'
import { below, countOf, fieldsOf, listOf, textOf } from '../diagnose/json.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { Run } from '../../driver.ts'
import type { Found } from '../observe/look.ts'
import { objectName, refusal } from '../diagnose/refusal.ts'

export interface Removing {
  readonly client: KubeClient
  readonly signal: AbortSignal
  /** Told while it takes long, in words. */
  readonly progress?: (text: string) => void
  /** Milliseconds; default: what its pods may take to end, and half a minute. */
  readonly patience?: number
}

/** Tells the step how far its deletion is. */
export function removingFor(client: KubeClient, run: Run, resource: ResourceId): Removing {
  return {
    client,
    signal: run.signal,
    progress: (text: string) => {
      run.progress(resource, text)
    },
  }
}

/** Milliseconds that the cluster itself may take for what is no work. */
const basePatience = 30_000
const longestPause = 400

/** Deletes exactly this object and comes back when it is gone, its pods included. It need not be there any more. */
export async function removeWhole(found: Found, removing: Removing): Promise<void> {
  const { kind, object } = found
  const { client, signal } = removing
  const { name, namespace, uid } = object.metadata
  try {
    const options = { propagation: 'Foreground' as const, signal, ...(uid !== undefined && { uid }) }
    if (!(await client.remove(kind, namespace, name, options))) return
  } catch (error) {
    // Somebody else made another one under this name: ours is gone.
    if (isNotFound(error) || isOther(error)) return
    throw refusal(error, { verb: 'delete', object, from: undefined })
  }
  await untilGone(found, removing)
}

function isOther(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 409
}

/** Comes back when an object that is being deleted is gone. StepError naming what holds it, soon after its time is over. */
export async function untilGone({ kind, object }: Found, removing: Removing): Promise<void> {
  const { client, signal, progress, patience = graceOf(object) + basePatience } = removing
  const { name, namespace, uid } = object.metadata
  const end = Date.now() + patience
  let told = ''
  for (let pause = 20; ; pause = Math.min(pause * 2, longestPause)) {
    const live = await client.get(kind, namespace, name, signal)
    if (!live || live.metadata.uid !== uid) return
    if (Date.now() >= end) throw stuck(live, patience)
    const text = `${objectName(object)} is still there${holders(live)}`
    if (pause === longestPause && text !== told) progress?.((told = text))
    await sleep(pause, undefined, { signal })
  }
}

/** How long its pods may take to end, in milliseconds. */
function graceOf(object: KubeObject): number {
  const seconds = below(object, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds')
  return (seconds === undefined ? 30 : countOf(seconds)) * 1_000
}

/** What must let go of it, as far as the object itself says (S173). */
function stuck(live: KubeObject, patience: number): StepError {
  const name = objectName(live)
  const reasons = remaining(live)
  const finalizers = live.metadata.finalizers ?? []
  const evidence = [...finalizers.map((each) => `finalizer ${each}`), ...reasons]
  return new StepError(
    'timeout',
    `${name} is still there after ${String(Math.round(patience / 1_000))} s${holders(live)}`,
    {
      evidence,
      isTerminal: false,
      hint: 'a finalizer waits for whoever set it: see that this program runs, or remove the finalizer by hand once its work is done',
    },
  )
}

function holders(live: KubeObject): string {
  const finalizers = live.metadata.finalizers ?? []
  const [reason] = remaining(live)
  if (reason !== undefined) return `: ${reason}`
  if (finalizers.length === 0) return ''
  return `: it waits for ${finalizers.map((each) => finalizerText(each)).join(', ')}`
}

function finalizerText(finalizer: string): string {
  switch (finalizer) {
    case 'foregroundDeletion':
      return 'its pods to end'
    case 'kubernetes.io/pvc-protection':
      return 'the pods that use it'
    default:
      return `finalizer ${finalizer}`
  }
}

/** What a namespace says that is still in it. */
function remaining(live: KubeObject): string[] {
  return listOf(fieldsOf(live['status'])['conditions'])
    .filter(({ type, status }) => status === 'True' && /Remaining|Failure/.test(textOf(type) ?? ''))
    .flatMap(({ message }) => textOf(message) ?? [])
}
