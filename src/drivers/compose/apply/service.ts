import { restartContainer, stopContainer } from '../../../platform/engine/containers.ts'
import { digestOfParts } from '../../../plan/hash.ts'
import type { TargetStep } from '../../../plan/step.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { routesFor } from '../desired/gateway.ts'
import { specOf, type ComposeResource, type WorkloadSpec } from '../desired/spec.ts'
import { switchGateway, untilDrained } from '../gateway/switch.ts'
import { containerName } from '../names.ts'
import { look, places, type SeenContainer } from '../observe/look.ts'
import { placeOf, readyReplica } from './place.ts'
import { graceOfBody, replace } from './replace.ts'
import { removeIfThere, sweep } from './remove.ts'
import { initialise } from './init.ts'
import { make } from './replica.ts'
import { start } from './start.ts'

type Wanting = Extract<TargetStep, { readonly wanted: unknown }>

/** Makes the containers of a service what they should be. Whatever an interruption left is recognised and put right. */
export async function applyService(context: Context, step: Wanting, run: Run): Promise<void> {
  const wanted = step.wanted as ComposeResource
  const found = await look(context.engine, context.stack, { resource: wanted.id })
  const seats = places(found)
  for (const { beside } of seats.values()) {
    for (const leftover of beside) await removeIfThere(context, leftover.id)
  }
  const count = wanted.replicas ?? 1
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const surplus = [...seats].flatMap(([number, { current }]) => (number > count ? [current] : []))
  if (surplus.length > 0) await retire(context, wanted, surplus)
  const missing = numbers.filter((number) => !seats.has(number))
  await all(missing, (number) => add(context, wanted, number, seats.size > 0, run))
  const present = numbers.flatMap((number) => seats.get(number)?.current ?? [])
  const spec = specOf(wanted, 'workload')
  const atOnce = spec.isBehindGateway && !spec.isExclusive ? surgeOf(spec) : 1
  for (let index = 0; index < present.length; index += atOnce) {
    const batch = present.slice(index, index + atOnce)
    await all(batch, (current) => renew(context, wanted, current, step, run))
  }
  if (found.length > 0) await sweep(context, wanted.id)
  if (spec.isBehindGateway) await switchGateway(context, routesFor(spec))
}

/** Like Promise.all, but nothing goes on behind the back of whoever gets the error. */
async function all<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(items.map(work))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

/** How many replicas may be replaced at a time. */
function surgeOf({ consumer }: WorkloadSpec): number {
  return consumer.kind === 'service' ? Math.max(1, consumer.service.update.surge) : 1
}

/** Brings one replica that is there to what it should be, at the least cost. */
async function renew(
  context: Context,
  wanted: ComposeResource,
  current: SeenContainer,
  step: Wanting,
  run: Run,
): Promise<void> {
  const isSame = current.hash === digestOfParts(wanted.parts)
  if (current.state === 'created' || current.state === 'dead') {
    // What was never started may lack its content: nothing of it is worth keeping.
    await removeIfThere(context, current.id)
    await add(context, wanted, current.number, false, run)
  } else if (!isSame || step.op === 'replace') {
    await replace(context, wanted, current, run)
  } else if (current.state === 'exited') {
    await start(context, current.id, wanted.id.replace('/', ' '), wanted.from, run.signal)
  } else if (step.op === 'restart') {
    await restart(context, wanted, current, run)
  }
}

/** A restart in place keeps scratch mounts. With several replicas one is served while the other restarts. */
async function restart(
  context: Context,
  wanted: ComposeResource,
  current: SeenContainer,
  run: Run,
): Promise<void> {
  await context.starting(() => restartContainer(context.engine, current.id))
  if ((wanted.replicas ?? 1) > 1) await readyReplica(context, wanted, current.id, current.number, run)
}

/** A replica that nobody has replaced: made, initialised, started. */
async function add(
  context: Context,
  wanted: ComposeResource,
  number: number,
  isWithheld: boolean,
  run: Run,
): Promise<void> {
  const spec = specOf(wanted, 'workload')
  const place = await placeOf(context, wanted, number, () => containerName(context.stack, spec.name, number))
  const made = await make(context, wanted, place)
  // Beside replicas that serve, a new one is asked only when it can answer.
  const mustWait = isWithheld && spec.isBehindGateway
  if (mustWait) context.gateway.withheld.add(made.id)
  try {
    await initialise(context, wanted, made, place, run)
    await start(context, made.id, wanted.id.replace('/', ' '), wanted.from, run.signal)
    if (mustWait) await readyReplica(context, wanted, made.id, number, run)
  } finally {
    context.gateway.withheld.delete(made.id)
  }
}

/** Ends replicas that are too many: out of the gateway first. */
async function retire(
  context: Context,
  wanted: ComposeResource,
  surplus: readonly SeenContainer[],
): Promise<void> {
  const spec = specOf(wanted, 'workload')
  try {
    if (spec.isBehindGateway) {
      for (const { id } of surplus) context.gateway.withheld.add(id)
      await switchGateway(context, routesFor(spec))
      await untilDrained(context, graceOfBody(spec))
    }
    await all(surplus, async ({ id }) => {
      await stopContainer(context.engine, id)
      await removeIfThere(context, id)
    })
  } finally {
    for (const { id } of surplus) context.gateway.withheld.delete(id)
  }
}
