import { renameContainer, startContainer, stopContainer } from '../../../platform/engine/containers.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { routesFor } from '../desired/gateway.ts'
import { specOf, type ComposeResource, type WorkloadSpec } from '../desired/spec.ts'
import { switchGateway, untilDrained } from '../gateway/switch.ts'
import { besideName, containerName } from '../names.ts'
import type { SeenContainer } from '../observe/look.ts'
import { placeOf, readyReplica } from './place.ts'
import { removeIfThere, sweep } from './remove.ts'
import { initialise } from './init.ts'
import { make, type Made, type Place } from './replica.ts'
import { start } from './start.ts'

/** Puts a new container into the place of one. Until the new one is ready, the old one can come back. */
export async function replace(
  context: Context,
  wanted: ComposeResource,
  old: SeenContainer,
  run: Run,
): Promise<void> {
  const spec = specOf(wanted, 'workload')
  const name = containerName(context.stack, spec.name, old.number)
  const place = await placeOf(context, wanted, old.number, (generation) => besideName(name, generation))
  const made = await make(context, wanted, place)
  const isServing = old.state === 'running'
  if (spec.isBehindGateway && !spec.isExclusive && isServing)
    await overlap(context, wanted, old, made, place, run)
  else await succeed(context, wanted, old, made, place, isServing, run)
  await removeIfThere(context, old.id)
  await renameContainer(context.engine, made.id, name)
  context.gateway.admitted.delete(made.id)
  context.gateway.withheld.delete(old.id)
}

/** Behind the gateway: the new one is ready and asked before the old one ends, so nobody notices. */
async function overlap(
  context: Context,
  wanted: ComposeResource,
  old: SeenContainer,
  made: Made,
  place: Place,
  run: Run,
): Promise<void> {
  const spec = specOf(wanted, 'workload')
  try {
    await initialise(context, wanted, made, place, run)
    await start(context, made.id, wanted.id.replace('/', ' '), wanted.from, run.signal)
    await readyReplica(context, wanted, made.id, old.number, run)
    context.gateway.admitted.add(made.id)
    context.gateway.withheld.add(old.id)
    await switchGateway(context, routesFor(spec))
  } catch (error) {
    context.gateway.admitted.delete(made.id)
    context.gateway.withheld.delete(old.id)
    await giveUp(context, wanted, made)
    throw withNote(error, 'the old one goes on serving')
  }
  await untilDrained(context, graceOfBody(spec))
  await stopContainer(context.engine, old.id)
}

/** The old one stops just before the new one starts: it owns a port of the host, or data that takes one writer. */
async function succeed(
  context: Context,
  wanted: ComposeResource,
  old: SeenContainer,
  made: Made,
  place: Place,
  isServing: boolean,
  run: Run,
): Promise<void> {
  const spec = specOf(wanted, 'workload')
  const subject = wanted.id.replace('/', ' ')
  let isStopped = false
  try {
    if (!spec.isExclusive) await initialise(context, wanted, made, place, run)
    isStopped = true
    await stopContainer(context.engine, old.id)
    if (spec.isExclusive) await initialise(context, wanted, made, place, run)
    await start(context, made.id, subject, wanted.from, run.signal)
    if (isServing) await readyReplica(context, wanted, made.id, old.number, run)
  } catch (error) {
    if (!isServing) throw error
    await giveUp(context, wanted, made)
    if (!isStopped) throw withNote(error, 'the old one goes on serving')
    await startContainer(context.engine, old.id)
    throw withNote(error, 'the old one was started again')
  }
}

async function giveUp(context: Context, wanted: ComposeResource, made: Made): Promise<void> {
  await stopContainer(context.engine, made.id)
  await sweep(context, wanted.id, new Set([made.generation]))
}

/** Says in the message what serves now; an error that is not ours to word goes through as it is. */
function withNote(error: unknown, note: string): unknown {
  if (!(error instanceof StepError)) return error
  return new StepError(error.kind, `${error.message}; ${note}`, {
    span: error.span,
    evidence: error.evidence,
    cause: error,
    isTerminal: error.isTerminal,
    ...(error.hint !== undefined && { hint: error.hint }),
  })
}

/** Milliseconds that a container has to end by itself. */
export function graceOfBody({ body }: WorkloadSpec): number {
  return (body.StopTimeout ?? defaultGrace) * 1000
}

/** The engine's own, in seconds. */
const defaultGrace = 10
