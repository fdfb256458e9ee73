import { StepError } from '../../../plan/step-error.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'
import { look, places, type SeenContainer } from '../observe/look.ts'
import type { Place } from './replica.ts'
import { untilReady } from './ready.ts'

/** The place of a replica; the member of a pod needs the container whose network it shares. */
export async function placeOf(
  context: Context,
  wanted: ComposeResource,
  number: number,
  name: Place['name'],
): Promise<Place> {
  const owner = await podOwnerOf(context, wanted, number)
  return {
    number,
    name,
    role: 'replica',
    owner: owner && { id: owner.id, generation: owner.generation },
  }
}

/** Comes back when one replica is ready. */
export async function readyReplica(
  context: Context,
  wanted: ComposeResource,
  container: string,
  number: number,
  run: Run,
): Promise<void> {
  const owner = await podOwnerOf(context, wanted, number)
  const awaited = { container, networkHolder: owner?.id ?? container }
  await untilReady(context, specOf(wanted, 'workload'), awaited, wanted.timeout, run.signal)
}

async function podOwnerOf(
  { engine, stack }: Context,
  wanted: ComposeResource,
  number: number,
): Promise<SeenContainer | undefined> {
  const { podOwner } = specOf(wanted, 'workload')
  if (podOwner === undefined) return undefined
  const found = places(await look(engine, stack, { resource: `service/${podOwner}` })).get(number)?.current
  if (found?.state === 'running') return found
  throw new StepError('deploy', `${wanted.name} shares the network of ${podOwner}, which does not run`, {
    span: wanted.from,
    hint: `bring ${podOwner} up with it`,
  })
}
