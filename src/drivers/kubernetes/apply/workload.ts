import type { KubeClient } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { connected, type KubeContext } from '../context.ts'
import type { Run } from '../../driver.ts'
import { fieldManager, restartedAnnotation, restartManager } from '../labels.ts'
import { specOf, type KubeResource } from '../spec.ts'
import type { WorkloadKind } from '../diagnose/rollout.ts'
import { isWorkload } from '../observe/services.ts'
import { refusal } from '../diagnose/refusal.ts'

/** The controller of the pods of a resource. */
export interface Workload {
  readonly kind: WorkloadKind
  readonly name: string
  readonly namespace: string
}

/** Undefined for what has no pods that a controller keeps. A pod's member has those of its owner. */
export function workloadOf(wanted: KubeResource, { namespace }: KubeContext): Workload | undefined {
  const { readiness, objects } = specOf(wanted, 'objects')
  if (readiness.kind === 'workload') return { kind: readiness.workload, name: readiness.name, namespace }
  const raw = objects.map(({ object }) => object).find(({ kind }) => isWorkload(kind))
  if (!raw || !isWorkload(raw.kind)) return undefined
  return { kind: raw.kind, name: raw.metadata.name, namespace: raw.metadata.namespace ?? namespace }
}

/** Rolls the pods of a workload without a change: an annotation of its template, whose owner the next `up` leaves alone. */
export async function restartWorkload(context: KubeContext, workload: Workload, run: Run): Promise<void> {
  const client = await connected(context)
  const annotations = { [restartedAnnotation]: String(Date.now()) }
  await patch(client, workload, { spec: { template: { metadata: { annotations } } } }, restartManager, run)
}

/** Sets the number of replicas, and nothing else. */
export async function scaleWorkload(
  context: KubeContext,
  workload: Workload,
  replicas: number,
  run: Run,
): Promise<void> {
  const client = await connected(context)
  await patch(client, workload, { spec: { replicas } }, fieldManager, run, 'scale')
}

async function patch(
  client: KubeClient,
  { kind, name, namespace }: Workload,
  change: unknown,
  manager: string,
  { signal }: Run,
  subresource?: string,
): Promise<void> {
  try {
    await client.patch(kinds[kind], namespace, name, change, {
      fieldManager: manager,
      signal,
      ...(subresource !== undefined && { subresource }),
    })
  } catch (error) {
    throw refusal(error, {
      verb: subresource ?? 'restart',
      object: { kind, metadata: { name } },
      from: undefined,
    })
  }
}
