import { killContainer } from '../../../platform/engine/containers.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'
import { changeLedger, withReload } from '../ledger.ts'
import { look, places } from '../observe/look.ts'
import { fillVolumes } from './fill.ts'
import { placementsOf } from './own-volumes.ts'
import { start } from './start.ts'

/** Puts new content where the containers of a service read it, and tells them by the signal that the stack names. */
export async function reloadService(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  const spec = specOf(wanted, 'workload')
  if (spec.consumer.kind !== 'service' || spec.consumer.service.reload.kind !== 'signal') return
  const { signal } = spec.consumer.service.reload
  const present = await look(context.engine, context.stack)
  const own = present.filter(({ resource }) => resource === wanted.id)
  for (const { current } of places(own).values()) {
    const placements = placementsOf(spec, current.generation, current.generation)
    await fillVolumes(
      context,
      spec,
      placements.filter(({ role }) => role === 'files'),
    )
    if (current.state === 'running') await killContainer(context.engine, current.id, signal)
    else await start(context, current.id, wanted.id.replace('/', ' '), wanted.from, run.signal)
    // Labels of a container never change, so what it has now is written down elsewhere.
    await context.recording(() =>
      changeLedger(context.memory, (ledger) => withReload(ledger, current.id, wanted.parts, present)),
    )
  }
}
