import { StepError } from '../../../plan/step-error.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { readPod } from '../diagnose/pod.ts'
import { projectLabel } from '../labels.ts'
import type { Found } from '../observe/look.ts'
import type { DesiredObject } from '../spec.ts'
import { removeWhole, removingFor } from './gone.ts'
import type { Putting } from './put.ts'
import { objectName } from '../diagnose/refusal.ts'
import { tell } from './told.ts'

/** Deletes an object that the server refuses to change, so that it can be made anew. One that holds data only with consent. */
export async function replaceObject(
  found: Found,
  desired: DesiredObject,
  refused: unknown,
  putting: Putting,
): Promise<void> {
  const { client, run, mayReplace, wanted } = putting
  const isClaim = found.object.kind === 'PersistentVolumeClaim'
  const why = refused instanceof StepError ? refused.message : String(refused)
  if ((isClaim || wanted.holdsData !== undefined) && !mayReplace) {
    throw new StepError('deploy', `${objectName(found.object)} cannot be changed as it is: ${why}`, {
      span: desired.from,
      cause: refused,
      hint: `it holds ${wanted.holdsData ?? 'data'}: back that up, delete it (for a volume: \`down --volumes=${wanted.name}\`), and bring it up again`,
    })
  }
  tell(run, `${objectName(found.object)} is deleted and made anew: the cluster does not change it (${why})`)
  const gone = removeWhole(found, removingFor(client, run, wanted.id))
  await Promise.all([gone, ...(isClaim ? [endUsers(found, putting)] : [])])
}

/**
 * A claim goes when no pod uses it, and a controller keeps its pods: those of ours are ended. Their successors find no claim and
 * wait for the new one.
 */
async function endUsers({ object }: Found, { client, context, run }: Putting): Promise<void> {
  const { items } = await client.list(
    kinds.Pod,
    { namespace: context.namespace, labelSelector: `${projectLabel}=${context.project}` },
    run.signal,
  )
  const users = items.map(readPod).filter(({ claims }) => claims.includes(object.metadata.name))
  await Promise.all(
    users.map(({ name, uid }) =>
      client.remove(kinds.Pod, context.namespace, name, { uid, signal: run.signal }),
    ),
  )
}
