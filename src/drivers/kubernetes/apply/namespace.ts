import type { Run } from '../../driver.ts'
import type { KubeClient } from '../../../platform/kubernetes/client.ts'
import { connected, type KubeContext } from '../context.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { findNamespace, foreignNamespace, type Namespace } from '../observe/namespace.ts'
import { specOf, type KubeResource } from '../spec.ts'
import { removeWhole, removingFor, untilGone } from './gone.ts'
import { applyObjects } from './objects.ts'
import { present } from './present.ts'
import { tell } from './told.ts'

/** Milliseconds that everything in a namespace may take to go. */
const namespacePatience = 180_000

/**
 * Makes the namespace, and the credentials in it that nodes pull with. One that the profile names and that is there already is used
 * as it is: not labelled, and never deleted. Any other that is there already is not taken over (S58).
 */
export async function applyNamespace(context: KubeContext, wanted: KubeResource, run: Run): Promise<void> {
  const client = await connected(context)
  const found = await settled(await findNamespace(client, context, run.signal), client, wanted, run)
  const spec = specOf(wanted, 'objects')
  switch (found.kind) {
    case 'foreign':
      throw foreignNamespace(context.namespace, found.object)
    case 'given': {
      const objects = spec.objects.filter(({ object }) => object.kind !== 'Namespace')
      await applyObjects(context, { ...wanted, spec: { ...spec, objects } }, run, { mayReplace: false })
      return
    }
    case 'absent':
    case 'ours': {
      // It must be there before what is in it, although it carries the description and so is applied again at the end.
      if (found.kind === 'absent' && spec.objects.length > 1) {
        const only = { ...wanted, parts: {}, spec: { ...spec, objects: spec.objects.slice(0, 1) } }
        await applyObjects(context, only, run, { mayReplace: false })
      }
      await applyObjects(context, wanted, run, { mayReplace: false })
      return
    }
    default:
      found satisfies never
  }
}

/** One that is about to go is none. */
async function settled(
  found: Namespace,
  client: KubeClient,
  { id }: KubeResource,
  run: Run,
): Promise<Namespace> {
  if (found.kind !== 'ours' || found.object.metadata.deletionTimestamp === undefined) return found
  const removing = { ...removingFor(client, run, id), patience: namespacePatience }
  await untilGone({ kind: kinds.Namespace, object: found.object }, removing)
  return { kind: 'absent' }
}

/** Deletes the namespace with all that is in it, if it is ours; else only what we put there for it. */
export async function deleteNamespace(context: KubeContext, id: KubeResource['id'], run: Run): Promise<void> {
  const client = await connected(context)
  const found = await findNamespace(client, context, run.signal)
  const removing = removingFor(client, run, id)
  if (found.kind === 'ours' && id === `namespace/${context.namespace}`) {
    const whole = { kind: kinds.Namespace, object: found.object }
    await removeWhole(whole, { ...removing, patience: namespacePatience })
    return
  }
  const group = await present(context, client, id)
  await Promise.all(group.map((each) => removeWhole(each, removing)))
  if (found.kind !== 'absent')
    tell(run, `namespace ${context.namespace} stays: it was there before, and is not ours`)
}
