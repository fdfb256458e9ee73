import type { Run } from '../../../drivers/driver.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { EksPlace } from '../place.ts'
import { conditionOf } from './condition.ts'
import { stackFailure } from './failure.ts'
import { follow } from './follow.ts'
import { mustBeOurs } from './ours.ts'
import { teller } from './tell.ts'

/** Milliseconds: a node group drains its nodes first. */
const timeout = 40 * 60_000

/** Deletes a stack of ours and waits until all of it is gone. One that is at something is waited for first. */
export async function removeStack(place: EksPlace, name: string, id: ResourceId, run: Run): Promise<void> {
  const { signal } = run
  const cloudFormation = await place.cloudFormation(signal)
  const until = Date.now() + timeout
  const common = {
    cloudFormation,
    until,
    pace: place.pace,
    signal,
    tell: teller(run, id),
  }
  for (;;) {
    const seen = await cloudFormation.stack(name, signal)
    if (seen === undefined || conditionOf(seen) === 'absent') return
    mustBeOurs(seen, place.settings)
    if (conditionOf(seen) === 'busy') {
      await follow({ ...common, stack: seen, since: undefined })
      if (seen.status === 'DELETE_IN_PROGRESS') continue
    }
    const since = (await cloudFormation.events(seen.id, undefined, signal)).at(-1)?.id
    await cloudFormation.remove(seen.name, signal)
    const end = await follow({ ...common, stack: seen, since })
    if (end.stack) throw stackFailure('deleted', name, end, place.settings.at())
    return
  }
}
