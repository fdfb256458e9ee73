import { connected, type KubeContext } from '../context.ts'
import type { Run } from '../../driver.ts'
import { volumesBehind } from '../../job-volumes.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { projectLabel } from '../labels.ts'
import { volumesAnnotation } from '../observe/annotations.ts'
import { claimUids, jobKey, type JobRecord } from '../observe/jobs.ts'
import { textsIn } from '../observe/seen.ts'
import { untilReady } from '../ready/ready.ts'
import type { KubeResource } from '../spec.ts'
import { removeWhole, removingFor } from './gone.ts'
import { applyObjects } from './objects.ts'
import { present } from './present.ts'

/**
 * Runs a job to its end: its Job is deleted and made anew, because a template cannot change and what has completed does not run
 * again. The Job stays as the record, with the claims that it ran on.
 */
export async function runJob(context: KubeContext, wanted: KubeResource, run: Run): Promise<void> {
  const client = await connected(context)
  const group = await present(context, client, wanted.id)
  const former = group.filter(({ object }) => object.kind === 'Job')
  // Two of one job at a time would write the same data.
  await Promise.all(former.map((each) => removeWhole(each, removingFor(client, run, wanted.id))))
  const volumes = await claimsOf(context, wanted, run)
  const annotations = Object.keys(volumes).length > 0 ? { [volumesAnnotation]: JSON.stringify(volumes) } : {}
  await applyObjects(context, wanted, run, { mayReplace: true, annotations })
  await awaitJob(context, wanted, run)
}

/** Waits for a job that runs already, and writes down what it was done on. */
export async function awaitJob(context: KubeContext, wanted: KubeResource, run: Run): Promise<void> {
  await untilReady(context, wanted, run)
  const client = await connected(context)
  const job = await client.get(kinds.Job, context.namespace, wanted.name, run.signal)
  const volumes = textsIn(job?.metadata.annotations?.[volumesAnnotation]) ?? {}
  if (Object.keys(volumes).length === 0) return
  const record: JobRecord = { parts: wanted.parts, volumes }
  await context.memory.write(jobKey(wanted.name), record)
}

/** The stack has no such job any more, so that it was done once is no longer of interest; `down` keeps that. */
export async function forgetJob({ memory, stack }: KubeContext, name: string): Promise<void> {
  if (!stack.jobs.has(name)) await memory.remove(jobKey(name))
}

/** Which claim of each volume behind it a job finds. */
async function claimsOf(
  context: KubeContext,
  { name }: KubeResource,
  run: Run,
): Promise<Record<string, string>> {
  const job = context.stack.jobs.get(name)
  const behind = job ? volumesBehind(context.stack, job) : []
  if (behind.length === 0) return {}
  const client = await connected(context)
  const options = { namespace: context.namespace, labelSelector: `${projectLabel}=${context.project}` }
  const uids = claimUids((await client.list(kinds.PersistentVolumeClaim, options, run.signal)).items)
  return Object.fromEntries(
    behind.flatMap((volume) => {
      const uid = uids.get(volume)
      return uid === undefined ? [] : [[volume, uid]]
    }),
  )
}
