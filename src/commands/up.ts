import { recordRevision } from '../history/record.ts'
import { noteResult } from '../history/revisions.ts'
import { demandConsent, execute, holdForwards, preflight } from '../session/execute.ts'
import type { MemoryLock } from '../memory/memory.ts'
import { layFoundation } from '../session/foundation.ts'
import { planLine, selectionOf } from '../session/line.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { locked } from '../session/locked.ts'
import { imagesOfChecks } from '../session/smoke.ts'
import { withRun } from '../session/run.ts'
import { summarise } from '../report/summary.ts'
import { formatPlan } from '../plan/format.ts'
import { StepError } from '../plan/step-error.ts'
import type { Plan } from '../plan/step.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodeOfOutcome } from './outcome.ts'
import { runSmokeTests } from './smoke.ts'
import { withImages } from './with-images.ts'

/** Makes the target what the stack says: plan, execute, smoke tests, summary. Safe to repeat after any interruption. */
export const up: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    if (given.isOn('dry-run')) return await showPlan(opened, given, around)
    const command = `up ${given.operands.join(' ')}`.trim()
    return await locked(opened, command, around.signal, (signal, lock) =>
      withRun(opened, 'up', signal, () => bringUp(opened, lock, given, { ...around, signal })),
    )
  } finally {
    await opened.close()
  }
}

async function showPlan(opened: Opened, given: Arguments, around: Surroundings): Promise<number> {
  const { plan } = await planFor(opened, given, around.signal, 'look')
  around.stdout.write(`${formatPlan(plan)}\n`)
  return exitCodes.ok
}

async function bringUp(
  opened: Opened,
  lock: MemoryLock,
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const ground = await layFoundation(opened, given.isOn('yes'), { wait: true, signal: around.signal })
  if (ground && ground.failures.length > 0) return exitCodeOfOutcome(ground)
  await lock.reach?.()
  const { plan, facts } = await planFor(opened, given, around.signal, 'change')
  refuseBuilds(plan, given)
  demandConsent(plan, given.isOn('yes'), opened.stack.profile.isProtected)
  await preflight(opened, plan, around.signal)
  const outcome = await execute(opened, plan, { wait: !given.isOn('no-wait'), signal: around.signal })
  if (outcome.failures.length > 0) return exitCodeOfOutcome(outcome)
  if (!given.isOn('no-forward')) await holdForwards(opened)
  const command = `up ${given.operands.join(' ')}`.trim()
  const made = await recordRevision({ opened, facts, plan, command, set: given.list('set') })
  const isSmokeDue = plan.steps.length > 0 && isSmokeWanted(given)
  const smokeCode = isSmokeDue ? await runSmokeTests(opened, opened.stack.smoke, around.signal) : exitCodes.ok
  if (made !== undefined && smokeCode !== exitCodes.ok) await noteResult(opened.memory, made, 'smoke failed')
  await summarise(opened, given.text('progress') === 'json' ? undefined : around.stdout)
  return smokeCode
}

/** A part of the stack may not pass the tests of the whole. */
function isSmokeWanted(given: Arguments): boolean {
  return !given.isOn('no-smoke') && !given.isOn('no-wait') && given.operands.length === 0
}

export async function planFor(
  opened: Opened,
  given: Arguments,
  signal: AbortSignal,
  purpose: 'look' | 'change',
) {
  const facts = withImages(await opened.gather(purpose), opened.stack, given.list('image'))
  const desired = opened.driver.desired(opened.stack, facts)
  const selection = selectionOf(desired, given.operands, !given.isOn('no-deps'))
  const intent = {
    ...(selection && { selection }),
    ...(isSmokeWanted(given) && { imagesWithWork: imagesOfChecks(opened.stack.smoke) }),
  }
  const line = await planLine(opened.driver, opened.stack, facts, intent, signal)
  return { ...line, facts }
}

function refuseBuilds(plan: Plan, given: Arguments): void {
  const builds = plan.steps.filter((step) => step.op === 'build')
  if (!given.isOn('no-build') || builds.length === 0) return
  throw new StepError(
    'precondition',
    `${builds.map((step) => step.resource).join(', ')} would have to be built`,
    {
      hint: 'leave --no-build out, or name what to run with --image SERVICE=REFERENCE',
    },
  )
}
