import { randomBytes } from 'node:crypto'
import { StepError } from '../../plan/step-error.ts'
import type { KubeClient, KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { RunOnceRequest } from '../driver.ts'
import { filledObject } from './apply/fill.ts'
import { followedLines } from './container-log.ts'
import { connected, type KubeContext } from './context.ts'
import { onceObjects, type OnceObjects } from './once-objects.ts'
import { statusOf, uidOf, type PlacedContainer } from './pod-places.ts'
import { specOf, type KubeResource } from './spec.ts'
import { refuseStuck } from './stuck.ts'

/**
 * Runs a job to its end beside the stack, its log on `stdout` (nodes keep both streams as one), and takes everything away again,
 * after an abort too; if we are killed, the cluster does so a minute after the end. The result is its exit code.
 */
export async function runOnce(
  context: KubeContext,
  { job, stdout }: RunOnceRequest,
  signal: AbortSignal,
): Promise<number> {
  const client = await connected(context)
  const wanted = job as KubeResource
  const suffix = randomBytes(4).toString('hex')
  const once = onceObjects(specOf(wanted, 'objects').objects, suffix)
  signal.throwIfAborted()
  const made = await client.create(kinds.Job, once.job, signal)
  try {
    await giveContent(context, client, once, made, signal)
    return await followRun(client, made, once.container, { stdout, wanted }, signal)
  } finally {
    await client.remove(kinds.Job, made.metadata.namespace, made.metadata.name, {
      propagation: 'Background',
      uid: uidOf(made),
    })
  }
}

/** What its pod reads belongs to the Job, and goes with it; the pod starts when that is there. */
async function giveContent(
  context: KubeContext,
  client: KubeClient,
  { others }: OnceObjects,
  { metadata: { name, namespace, uid = '' } }: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  if (others.length === 0) return
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }]
  await Promise.all(
    others.map(async (desired) => {
      const object = await filledObject(context, desired)
      await client.create(
        desired.kind,
        { ...object, metadata: { ...object.metadata, ownerReferences } },
        signal,
      )
    }),
  )
  await client.patch(kinds.Job, namespace, name, { spec: { suspend: false } }, { signal })
}

interface OnceRun {
  readonly stdout: NodeJS.WritableStream
  readonly wanted: KubeResource
}

async function followRun(
  client: KubeClient,
  job: KubeObject,
  container: string,
  { stdout, wanted }: OnceRun,
  signal: AbortSignal,
): Promise<number> {
  const { name, namespace = '' } = job.metadata
  const done = new AbortController()
  const abort = (): void => done.abort()
  signal.addEventListener('abort', abort, { once: true })
  let reading: Promise<void> | undefined
  let latest: KubeObject | undefined
  let wake: () => void = () => undefined
  const read = async (pod: KubeObject): Promise<void> => {
    const sight = {
      object: () => latest,
      changed: () => new Promise<void>((resolve) => (wake = resolve)),
      isOnce: true as const,
    }
    const place = placeOf(pod, container, wanted.name)
    for await (const { text } of followedLines(client, namespace, place, sight, undefined, done.signal)) {
      if (!stdout.write(`${text}\n`))
        await new Promise<void>((resolve) => stdout.once('drain', () => resolve()))
    }
  }
  try {
    const labelSelector = `batch.kubernetes.io/job-name=${name}`
    for await (const event of client.watch(kinds.Pod, { namespace, labelSelector }, done.signal)) {
      const [pod] = event.type === 'listed' ? event.objects : [event.object]
      if (!pod) continue
      latest = event.type === 'deleted' ? undefined : pod
      wake()
      const state = statusOf(pod, container)?.state
      refuseStuck(state, wanted.id, wanted.from)
      if (state?.running ?? state?.terminated) reading ??= read(pod)
      if (state?.terminated) {
        await reading
        return state.terminated.exitCode
      }
      if (event.type === 'deleted' || isOver(pod)) throw endedUnseen(pod, wanted)
    }
  } finally {
    signal.removeEventListener('abort', abort)
    done.abort()
  }
  signal.throwIfAborted()
  throw new StepError('deploy', `${wanted.id} could not be watched to its end`, { span: wanted.from })
}

function placeOf(pod: KubeObject, name: string, label: string): PlacedContainer {
  const placed = {
    name: pod.metadata.name,
    uid: uidOf(pod),
    owner: { kind: 'job' as const, name: label },
    replica: 1,
    object: pod,
  }
  return { pod: placed, name, service: label, label, isInit: false }
}

function isOver(pod: KubeObject): boolean {
  return (pod['status'] as { phase?: string } | undefined)?.phase === 'Failed'
}

/** Its time ran out, or its node sent it away. */
function endedUnseen(pod: KubeObject, { id, from }: KubeResource): StepError {
  const { reason, message } = (pod['status'] ?? {}) as { reason?: string; message?: string }
  const isLate = reason === 'DeadlineExceeded'
  return new StepError(
    isLate ? 'timeout' : 'deploy',
    isLate ? `${id} took longer than it may` : `${id}: its pod went away before it ended`,
    { span: from, evidence: [reason, message].flatMap((text) => text ?? []) },
  )
}
