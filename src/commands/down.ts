import { removeDevSocket } from '../attach/traces.ts'
import type { Resource, ResourceId } from '../plan/resource.ts'
import { formatPlan } from '../plan/format.ts'
import type { Removal } from '../plan/removals.ts'
import { StepError } from '../plan/step-error.ts'
import { messageOf } from '../report/words.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { demandConsent, execute } from '../session/execute.ts'
import { planLine } from '../session/line.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { locked } from '../session/locked.ts'
import { withRun } from '../session/run.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command } from './command.ts'
import { keptAfterDown } from './end-stack.ts'
import { keptCost, leftoverText } from './left-after-down.ts'
import { exitCodeOfOutcome } from './outcome.ts'

/** Ends what runs and what serves only it. Volumes, secrets and images stay unless they are named; what stays is listed. */
export const down: Command = async (given, around) => {
  // What dev brought along goes as well.
  const opened = await openStack(given, around, { asDev: 'where-it-was' })
  try {
    checkNames(opened.stack, given.operands)
    const run = (signal: AbortSignal): Promise<number> =>
      withRun(opened, 'down', signal, () =>
        bringDown(opened, given, signal, (text) => around.stdout.write(text)),
      )
    if (given.isOn('dry-run')) return await run(around.signal)
    if (given.operands.length === 0) await endBackgroundDev(opened, around.signal)
    return await locked(opened, 'down', around.signal, run)
  } finally {
    await opened.close()
  }
}

/** One that nobody looks at would bring back what goes. One in a terminal has the lock, and whoever sits there is asked first. */
async function endBackgroundDev(opened: Opened, signal: AbortSignal): Promise<void> {
  const { findDev } = await import('../attach/client.ts')
  // Where a socket cannot be talked to, the lock says who is at work.
  const link = await findDev(opened.memory.folder).catch(() => undefined)
  if (link?.hello.log === undefined) {
    link?.close()
    return
  }
  tell(opened, `dev in the background (process ${link.hello.pid}) ends first`)
  const close = (): void => link.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    await link.act({ kind: 'quit', then: 'keep' })
  } catch (error) {
    // It may be gone before it answers; one that refuses is not waited for, and has the lock.
    tell(opened, `dev (process ${link.hello.pid}) does not say that it ends: ${messageOf(error)}`)
    close()
  }
  await link.end
  signal.removeEventListener('abort', close)
}

async function bringDown(
  opened: Opened,
  given: Arguments,
  signal: AbortSignal,
  write: (text: string) => void,
): Promise<number> {
  const facts = await opened.gather('look')
  const removal = removalOf(given, opened.stack, opened.driver.desired(opened.stack, facts))
  const stays = given.operands.length === 0 ? () => false : staysWithout(given.operands)
  const selection =
    given.operands.length === 0
      ? undefined
      : new Set(given.operands.flatMap((name) => [`service/${name}` as const, `job/${name}` as const]))
  const { plan } = await planLine(
    opened.driver,
    opened.stack,
    facts,
    { removal, adjust: (desired) => desired.filter(stays), ...(selection && { selection }) },
    signal,
  )
  if (given.isOn('dry-run')) {
    write(`${formatPlan(plan)}\n`)
    return exitCodes.ok
  }
  demandConsent(
    plan,
    given.isOn('yes') || !holdsKept(removal, opened.stack),
    opened.stack.profile.isProtected && !given.isOn('yes'),
  )
  await opened.driver.forwarding?.release(given.operands.length > 0 ? given.operands : undefined)
  const outcome = await execute(opened, plan, { wait: true, signal })
  if (outcome.failures.length > 0) return exitCodeOfOutcome(outcome)
  if (given.operands.length === 0) await forget(opened, given)
  for (const { resource, why } of plan.kept) tell(opened, `${resource} stays: ${why}`)
  const cost = keptCost(opened.stack, plan.kept)
  if (cost !== undefined) tell(opened, cost)
  const kept = new Set(plan.kept.map(({ resource }) => resource))
  const isGone = await checkGone(opened, kept, given, signal)
  const isPaid = removal.clusters !== 'keep' && (await hasPaidLeftovers(opened, kept, signal))
  return isGone && !isPaid ? exitCodes.ok : exitCodes.leftovers
}

function tell({ emit }: Opened, text: string): void {
  emit({ type: 'message.reported', at: Date.now(), text })
}

/** Asking for the data of volumes is consent to lose it; only volumes marked `keep: true` want a second word. */
function holdsKept(removal: Removal, stack: ResolvedStack): boolean {
  return [...stack.volumes.values()].some(
    ({ name, keep }) => keep && (removal.volumes === 'all' ? !removal.keepVolumes.has(name) : false),
  )
}

function staysWithout(names: readonly string[]): (resource: Resource) => boolean {
  return (resource) =>
    !((resource.kind === 'service' || resource.kind === 'job') && names.includes(resource.name))
}

function removalOf(given: Arguments, stack: ResolvedStack, desired: readonly Resource[]): Removal {
  const all = given.isOn('all')
  const named = given.list('volume')
  const unknown = named.filter((name) => !stack.volumes.has(name))
  if (unknown.length > 0) {
    throw new StepError('precondition', `there is no volume ${unknown.join(', ')}`, {
      hint: `the stack has ${[...stack.volumes.keys()].join(', ') || 'none'}`,
    })
  }
  const keep = all
    ? []
    : [...stack.volumes.values()]
        .filter((volume) => volume.keep && !named.includes(volume.name))
        .map(({ name }) => name)
  return {
    volumes: all || given.isOn('volumes') ? 'all' : named.length > 0 ? new Set(named) : 'none',
    keepVolumes: new Set(keep),
    images: all || given.isOn('images'),
    namespaces: all,
    clusters: all || given.isOn('cluster') ? clustersEnd(stack) : 'keep',
    cause: all ? 'down --all' : 'down',
    needs: new Map<ResourceId, readonly ResourceId[]>(
      desired.map((each) => [each.id, each.needs.map((need) => need.on)]),
    ),
  }
}

/** In the cloud what runs in a cluster holds load balancers and disks outside of it, which must be given back by it. */
function clustersEnd({ profile }: ResolvedStack): Removal['clusters'] {
  return profile.target === 'eks' ? 'after-contents' : 'with-contents'
}

/** Without its volumes nothing of an instance is worth keeping but what other volumes may need. */
async function forget(opened: Opened, given: Arguments): Promise<void> {
  removeDevSocket(opened.memory.folder)
  await opened.memory.clear(given.isOn('all') ? [] : keptAfterDown)
}

async function checkGone(
  opened: Opened,
  kept: ReadonlySet<ResourceId>,
  given: Arguments,
  signal: AbortSignal,
): Promise<boolean> {
  if (given.operands.length > 0) return true
  // That a job ran on a volume is known as long as the volume is; nothing of it is there.
  const left = [...(await opened.driver.observe(signal)).values()].filter(
    ({ id, health, isRecord }) => health !== 'absent' && isRecord !== true && !kept.has(id),
  )
  for (const { id, detail } of left) tell(opened, `${id} is still there: ${detail}`)
  return left.length === 0
}

/** What a cluster that went has left elsewhere is told, with what it costs. While a part of it stays, everything may be its. */
async function hasPaidLeftovers(
  opened: Opened,
  kept: ReadonlySet<ResourceId>,
  signal: AbortSignal,
): Promise<boolean> {
  if (!opened.driver.leftovers || [...kept].some((id) => id.startsWith('cluster/'))) return false
  const left = await opened.driver.leftovers(signal)
  for (const each of left) tell(opened, leftoverText(each, opened.stack))
  return left.some(({ isBillable }) => isBillable)
}
