import type { KubeClient } from '../../../platform/kubernetes/client.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { KubeContext } from '../context.ts'
import { byResource, look, type Found } from '../observe/look.ts'
import { recordedKinds } from '../observe/recorded-kinds.ts'

/** Milliseconds that one look serves all the steps that run beside one another. */
const shared = 1_500

interface Looks {
  last: { readonly began: number; readonly groups: Promise<Map<ResourceId, Found[]>> } | undefined
  lastWrite: number
}

const looks = new WeakMap<KubeClient, Looks>()

/**
 * The objects of a resource as they are in the cluster. Forty steps at once share a look; who deletes gets one that began after
 * the last thing was made.
 */
export async function present(
  context: KubeContext,
  client: KubeClient,
  resource: ResourceId,
  purpose: 'change' | 'delete',
): Promise<readonly Found[]> {
  const known = looksOf(client)
  const oldest = Math.max(Date.now() - shared, purpose === 'delete' ? known.lastWrite : 0)
  if (!known.last || known.last.began <= oldest) {
    const groups = recordedKinds(context.memory).then(async (recorded) =>
      byResource(await look(client, context, recorded)),
    )
    const last = { began: Date.now(), groups }
    known.last = last
    groups.catch(() => {
      if (known.last === last) known.last = undefined
    })
  }
  return (await known.last.groups).get(resource) ?? []
}

/** Something is being made, so whoever deletes must look anew. */
export function noteWrite(client: KubeClient): void {
  looksOf(client).lastWrite = Date.now()
}

function looksOf(client: KubeClient): Looks {
  const known = looks.get(client) ?? { last: undefined, lastWrite: 0 }
  looks.set(client, known)
  return known
}
