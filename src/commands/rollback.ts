import { frozenRevision } from '../history/frozen.ts'
import type { Revision } from '../history/revision.ts'
import { readRevisions, revisionNumbered } from '../history/revisions.ts'
import { formatPlan } from '../plan/format.ts'
import type { Plan } from '../plan/step.ts'
import { StepError } from '../plan/step-error.ts'
import { planLine } from '../session/line.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { UsageError, type Arguments } from './arguments.ts'
import { bring, type Bringing } from './bring.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'

/**
 * Makes the target what it was at a revision, by default the one before the last: stack, profiles, configs and values as they were
 * kept, images by their content, secrets by name with their values of today. The same line as `up`, and a revision of its own.
 */
export const rollback: Command = async (given, around) => {
  const { chosen, root } = await chosenRevision(given, around)
  return await rollBackTo(chosen, root, given, around)
}

/** `root` is the folder of the stack file here. */
export async function rollBackTo(
  revision: Revision,
  root: string,
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const opened = await openStack(given, around, { frozen: frozenRevision(revision, root, around.env) })
  try {
    tellLimits(opened, revision)
    if (given.isOn('dry-run')) {
      const { plan } = await planBack(opened, revision, around.signal, 'look')
      around.stdout.write(`${formatPlan(plan)}\n`)
      return exitCodes.ok
    }
    return await bringBack(opened, revision, given, around)
  } finally {
    await opened.close()
  }
}

async function bringBack(
  opened: Opened,
  revision: Revision,
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const wanted: Bringing = {
    command: `rollback ${revision.number}`,
    set: revision.set,
    isSmokeWanted: !given.isOn('no-smoke') && !given.isOn('no-wait'),
    plan: (signal) => planBack(opened, revision, signal, 'change'),
  }
  return (await bring(opened, wanted, given, around)).exitCode
}

/** Today's files say which stack it is, and where what is known of it lies. */
async function chosenRevision(
  given: Arguments,
  around: Surroundings,
): Promise<{ readonly chosen: Revision; readonly root: string }> {
  const [operand, ...more] = given.operands
  if (more.length > 0 || (operand !== undefined && !/^[1-9]\d*$/.test(operand)))
    throw new UsageError(
      `rollback ${given.operands.join(' ')}: expected the number of a revision`,
      'iamstack history lists them',
    )
  const now = await openStack(given, around)
  try {
    const revisions = await readRevisions(now.memory, now.stack)
    const chosen = operand === undefined ? revisions.at(-2) : revisionNumbered(revisions, Number(operand))
    if (chosen) return { chosen, root: now.stack.root }
    throw new StepError('precondition', 'there is no revision before the last one', {
      hint: 'every up that changes something makes one; iamstack history lists them',
    })
  } finally {
    await now.close()
  }
}

function tellLimits(opened: Opened, { number, secretVariables, secretSets, target }: Revision): void {
  const tell = (text: string): void => opened.emit({ type: 'message.reported', at: Date.now(), text })
  if (target === 'process')
    tell(`programs run from today’s sources; stack, configs and values are those of revision ${number}`)
  if (secretVariables.length > 0)
    tell(`${secretVariables.join(', ')}: holds a secret, so its value is the one of today`)
  for (const path of secretSets)
    tell(`--set ${path} held a secret, which is not kept: it is as the files of revision ${number} say`)
}

async function planBack(
  opened: Opened,
  revision: Revision,
  signal: AbortSignal,
  purpose: 'look' | 'change',
): Promise<{ readonly plan: Plan; readonly facts: Awaited<ReturnType<Opened['gather']>> }> {
  const facts = await opened.gather(purpose)
  const { plan } = await planLine(opened.driver, opened.stack, facts, {}, signal)
  demandImages(plan, revision)
  return { plan, facts }
}

/** What an image was built from is gone with the files of that day, so it is never built here. */
function demandImages(plan: Plan, { commit, number }: Revision): void {
  const missing = plan.steps.flatMap((step) =>
    step.op === 'build' ? [step.resource.slice('image/'.length)] : [],
  )
  if (missing.length === 0) return
  const names = missing.join(', ')
  const build = `iamstack build ${missing.join(' ')}`
  throw new StepError(
    'precondition',
    `${missing.length === 1 ? 'image' : 'images'} ${names} of revision ${number} ${missing.length === 1 ? 'is' : 'are'} not there any more`,
    {
      hint:
        commit && !commit.isDirty
          ? `git checkout ${commit.id}, ${build}, go back to where you were, then run this again`
          : `bring the sources back that it was built from, then ${build}, and run this again`,
    },
  )
}
