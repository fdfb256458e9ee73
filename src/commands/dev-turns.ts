import { causesOf, type Impact } from '../dev/impact.ts'
import type { Turn } from '../dev/loop.ts'
import type { Sight } from '../dev/sight.ts'
import type { DevSync } from '../dev/sync/dev-sync.ts'
import type { Outcome, Scheduler } from '../plan/execute.ts'
import type { Observed, Resource } from '../plan/resource.ts'
import type { Plan } from '../plan/step.ts'
import { messageOf } from '../report/words.ts'
import { demandConsent, schedulerFor } from '../session/execute.ts'
import { planLine, selectionOf, type Intent } from '../session/line.ts'
import type { Opened } from '../session/opened.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'

/** What `dev` works with now: a reload of the stack file makes another. */
export interface Current {
  /** Every stack that was opened: steps of an earlier one may still run, so all are closed at the end. */
  readonly all: Opened[]
  opened: Opened
  scheduler: Scheduler
  /** Undefined where edits cannot be written into what runs. */
  sync: DevSync | undefined
  /** Undefined while nobody tells what changes in the target. */
  sight: Sight | undefined
  /** Numbers of replicas that somebody asked for while it ran. */
  readonly replicas: Map<string, number>
}

/** Carries out plans of the stack as it is now. */
export function schedulerOf(current: Current, signal: AbortSignal): Scheduler {
  const { opened, sync } = current
  const scheduler = schedulerFor(opened, {
    wait: true,
    signal,
    isFollowing: true,
    ...(sync && { sync: (step, run) => sync.apply(step, run) }),
  })
  return {
    submit(plan) {
      const submit = (): Promise<Outcome> => scheduler.submit(plan)
      return current.sight && !onlySyncs(plan) ? current.sight.during(submit) : submit()
    },
  }
}

/** The containers stay, and what is written into them is in the ledger. */
function onlySyncs({ steps }: Plan): boolean {
  return steps.every(({ op }) => op === 'sync')
}

export const nothingDone: Turn = { outcome: Promise.resolve({ isDone: false, isWell: false }) }

/** What is cut short by Ctrl-C is no failure to be told. */
export async function unlessEnded<T>(signal: AbortSignal, otherwise: T, work: () => Promise<T>): Promise<T> {
  const isEnded = (): boolean => signal.aborted
  try {
    return isEnded() ? otherwise : await work()
  } catch (error) {
    if (isEnded()) return otherwise
    throw error
  }
}

/** Gathers, looks, plans and submits; comes back before the steps are done. */
export async function bring(
  current: Current,
  impacts: readonly Impact[],
  given: Arguments,
  around: Surroundings,
): Promise<Turn> {
  let kept: Promise<void> = Promise.resolve()
  await current.opened.gather('change', {
    // The first turn reads what may have changed before anybody watched.
    keepsObjects: impacts.length > 0,
    later: (keeping) => {
      kept = keeping
      // It is told with the outcome.
      keeping.catch(() => undefined)
    },
  })
  const plan =
    (await planSyncs(current, impacts, given, around)) ?? (await planTurn(current, impacts, given, around))
  demandConsent(plan, given.isOn('yes'), current.opened.stack.profile.isProtected)
  if (plan.steps.length === 0) {
    await kept
    // What no resource shows may have changed with the stack file: smoke tests, exposed ports.
    const isDone = impacts.length === 0 || impacts.some(({ update }) => update === 'replan')
    return { outcome: Promise.resolve({ isDone, isWell: true }) }
  }
  await current.sync?.remember(plan)
  const carried = carryOut(current, plan, given, around).then(async (end) => {
    await kept
    return end
  })
  const outcome = carried.catch((error: unknown) => {
    tell(current.opened, messageOf(error))
    return { isDone: false, isWell: false }
  })
  return { outcome }
}

/**
 * An edit that is only to be written into containers, or changes nothing, does not wait for a look at them: after a sync there is
 * one anyway, and whoever went away meanwhile gets it then. Undefined when that is not known, or when more is to be done.
 */
async function planSyncs(
  current: Current,
  impacts: readonly Impact[],
  given: Arguments,
  around: Surroundings,
): Promise<Plan | undefined> {
  const seen = impacts.length > 0 ? current.sight?.recall() : undefined
  if (!seen) return undefined
  const plan = await planTurn(current, impacts, given, around, () => Promise.resolve(seen))
  return onlySyncs(plan) ? plan : undefined
}

/** The plan for what was gathered last. */
export async function planTurn(
  { opened, sync, sight, replicas }: Current,
  impacts: readonly Impact[],
  given: Arguments,
  { signal }: Surroundings,
  observe: () => Promise<Observed> = () => {
    const look = (): Promise<Observed> => opened.driver.observe(signal)
    return sight ? sight.look(look) : look()
  },
): Promise<Plan> {
  const facts = opened.gathered()?.facts ?? (await opened.gather('change'))
  const selection = selectionOf(
    opened.driver.desired(opened.stack, facts),
    given.operands,
    !given.isOn('no-deps'),
  )
  await sync?.look(opened)
  const adjust = (desired: readonly Resource[]): readonly Resource[] =>
    desired.map((resource) =>
      resource.kind === 'service' && replicas.has(resource.name)
        ? { ...resource, replicas: replicas.get(resource.name) }
        : resource,
    )
  const intent: Intent = {
    causes: causesOf(impacts),
    observe,
    ...(replicas.size > 0 && { adjust }),
    ...(selection && { selection }),
    ...(sync && { weave: (desired, observed) => sync.weave(opened, desired, observed) }),
  }
  return (await planLine(opened.driver, opened.stack, facts, intent, signal)).plan
}

/** So often is looked again at what was written into containers. */
const mostRounds = 3

/**
 * Does what a plan says. After a sync it looks again: a container may have come or gone meanwhile, or refuse to be written to, and
 * then the image is built after all.
 */
async function carryOut(
  current: Current,
  first: Plan,
  given: Arguments,
  around: Surroundings,
): Promise<{ isDone: boolean; isWell: boolean }> {
  const { sync } = current
  for (let plan = first, round = 1; ; round += 1) {
    const barred = sync?.barred() ?? 0
    const { failures, cancelled, outdated } = await current.scheduler.submit(plan)
    const isWell = failures.length === 0 && outdated === 0
    const isToLookAt = plan.steps.some(({ op }) => op === 'sync') && (isWell || sync?.barred() !== barred)
    if (!isToLookAt || cancelled > 0 || round === mostRounds) return { isDone: true, isWell }
    const next = await planTurn(current, [], given, around)
    // That something is on its way, or fails by itself, is no reason to begin again.
    const steps = next.steps.filter(({ op }) => op !== 'wait' && op !== 'restart')
    if (steps.length === 0) return { isDone: true, isWell }
    plan = { ...next, steps }
    demandConsent(plan, given.isOn('yes'), current.opened.stack.profile.isProtected)
    await sync?.remember(plan)
  }
}

/** Containers came or went: what was written into their predecessors is written into them, and nothing else is done. */
export async function replay(
  current: Current,
  given: Arguments,
  around: Surroundings,
): Promise<Turn | undefined> {
  const plan = await planTurn(current, [], given, around)
  const steps = plan.steps.filter(({ op }) => op === 'sync')
  if (steps.length === 0) return undefined
  const outcome = current.scheduler.submit({ ...plan, steps })
  return { outcome: outcome.then(({ failures }) => ({ isDone: true, isWell: failures.length === 0 })) }
}

/** A line for whoever looks on. */
export function tell(opened: Pick<Opened, 'emit'>, text: string): void {
  opened.emit({ type: 'message.reported', at: Date.now(), text })
}
