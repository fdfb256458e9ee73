import { planLine, selectionOf } from '../session/line.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { imagesOfChecks } from '../session/smoke.ts'
import { formatPlan } from '../plan/format.ts'
import { StepError } from '../plan/step-error.ts'
import type { Plan } from '../plan/step.ts'
import { bring, type Bringing, type Brought } from './bring.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { withImages } from './with-images.ts'

/** Makes the target what the stack says: plan, execute, smoke tests, summary. Safe to repeat after any interruption. */
export const up: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    if (given.isOn('dry-run')) return await showPlan(opened, given, around)
    const { exitCode, hasChanged } = await bringUp(opened, given, around)
    if (exitCode !== exitCodes.ok && hasChanged && given.isOn('rollback-on-failure')) {
      const { rollBackAfterFailure } = await import('./rollback-on-failure.ts')
      await rollBackAfterFailure(opened, given, around)
    }
    return exitCode
  } finally {
    await opened.close()
  }
}

async function showPlan(opened: Opened, given: Arguments, around: Surroundings): Promise<number> {
  const { plan } = await planFor(opened, given, around.signal, 'look')
  around.stdout.write(`${formatPlan(plan)}\n`)
  return exitCodes.ok
}

async function bringUp(opened: Opened, given: Arguments, around: Surroundings): Promise<Brought> {
  const wanted: Bringing = {
    command: `up ${given.operands.join(' ')}`.trim(),
    set: given.list('set'),
    isSmokeWanted: isSmokeWanted(given),
    plan: async (signal) => {
      const planned = await planFor(opened, given, signal, 'change')
      refuseBuilds(planned.plan, given)
      return planned
    },
  }
  return await bring(opened, wanted, given, around)
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
