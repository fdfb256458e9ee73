import type { ResourceId } from '../../../plan/resource.ts'
import type { Run } from '../../driver.ts'
import { connected, type KubeContext } from '../context.ts'
import { projectLabel } from '../labels.ts'
import type { Found } from '../observe/look.ts'
import { removeWhole, removingFor } from './gone.ts'
import { present } from './present.ts'

/** What leads to pods goes after them: their last answers still find their way. */
const waysIn = ['Service', 'Ingress', 'EndpointSlice']

/**
 * Deletes everything of a resource and comes back when it is gone. Only what carries our label, and only that very object: who
 * made another one of the same name keeps it.
 */
export async function removeResource(context: KubeContext, resource: ResourceId, run: Run): Promise<void> {
  const client = await connected(context)
  const group = (await present(context, client, resource)).filter(
    ({ object }) => object.metadata.labels?.[projectLabel] === context.project,
  )
  const removing = removingFor(client, run, resource)
  const isWayIn = ({ object }: Found): boolean => waysIn.includes(object.kind)
  await Promise.all(group.filter((each) => !isWayIn(each)).map((each) => removeWhole(each, removing)))
  await Promise.all(group.filter(isWayIn).map((each) => removeWhole(each, removing)))
}
