import type { KubeClient } from '../../../platform/kubernetes/client.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { KubeContext } from '../context.ts'
import { byResource, look, type Found } from '../observe/look.ts'
import { recordedKinds } from '../observe/recorded-kinds.ts'

/** Milliseconds that one look serves all the steps that run beside one another. */
const shared = 1_500

interface Looks {
  last: { readonly began: number; readonly groups: Promise<Map<ResourceId, Found[]>> } | undefined
  /** When each resource was last being changed by us. Epoch milliseconds. */
  readonly writes: Map<ResourceId, number>
}

const looks = new WeakMap<KubeClient, Looks>()

/** The objects of a resource as they are in the cluster. Forty steps at once share a look that is newer than what each of them did. */
export async function present(
  context: KubeContext,
  client: KubeClient,
  resource: ResourceId,
): Promise<readonly Found[]> {
  const known = looksOf(client)
  const oldest = Math.max(Date.now() - shared, known.writes.get(resource) ?? 0)
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

/** A resource is being changed, so what was seen of it before is out of date. */
export function noteWrite(client: KubeClient, resource: ResourceId): void {
  looksOf(client).writes.set(resource, Date.now())
}

function looksOf(client: KubeClient): Looks {
  const known = looks.get(client) ?? { last: undefined, writes: new Map<ResourceId, number>() }
  looks.set(client, known)
  return known
}
