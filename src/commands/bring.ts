import type { Facts } from '../drivers/facts.ts'
import { recordRevision } from '../history/record.ts'
import { noteResult } from '../history/revisions.ts'
import type { MemoryLock } from '../memory/memory.ts'
import type { Plan } from '../plan/step.ts'
import { summarise } from '../report/summary.ts'
import { demandConsent, execute, holdForwards, preflight } from '../session/execute.ts'
import { layFoundation } from '../session/foundation.ts'
import { locked } from '../session/locked.ts'
import type { Opened } from '../session/opened.ts'
import { withRun } from '../session/run.ts'
import type { Arguments } from './arguments.ts'
import { exitCodes, type Surroundings } from './command.ts'
import { exitCodeOfOutcome } from './outcome.ts'
import { runSmokeTests } from './smoke.ts'

/** What is brought to the target, from today's files or from a revision. */
export interface Bringing {
  /** As the revision that comes of it names it. */
  readonly command: string
  /** `--set`, as that revision keeps it. */
  readonly set: readonly string[]
  readonly isSmokeWanted: boolean
  /** Made once the foundation is there. It throws where the plan is not to be carried out. */
  readonly plan: (signal: AbortSignal) => Promise<{ readonly plan: Plan; readonly facts: Facts }>
}

export interface Brought {
  readonly exitCode: number
  /** More was begun than to wait, build and deliver: the target may be another than before. */
  readonly hasChanged: boolean
}

/**
 * Under the lock: foundation, plan, consent, preflight, execution, revision, smoke tests, summary. What `up` and `rollback` have in
 * common.
 */
export async function bring(
  opened: Opened,
  wanted: Bringing,
  given: Arguments,
  around: Surroundings,
): Promise<Brought> {
  let hasChanged = false
  const changing = (): void => {
    hasChanged = true
  }
  const exitCode = await locked(opened, wanted.command, around.signal, (signal, lock) =>
    withRun(opened, wanted.command, signal, () =>
      carryOut({ opened, lock, wanted, given, changing }, { ...around, signal }),
    ),
  )
  return { exitCode, hasChanged }
}

interface Work {
  readonly opened: Opened
  readonly lock: MemoryLock
  readonly wanted: Bringing
  readonly given: Arguments
  /** Called before anything of the stack is touched. */
  readonly changing: () => void
}

async function carryOut(
  { opened, lock, wanted, given, changing }: Work,
  { signal, stdout }: Surroundings,
): Promise<number> {
  const isAgreed = given.isOn('yes')
  const ground = await layFoundation(opened, isAgreed, { wait: true, signal })
  if (ground && ground.failures.length > 0) return exitCodeOfOutcome(ground)
  await lock.reach?.()
  const { plan, facts } = await wanted.plan(signal)
  demandConsent(plan, isAgreed, opened.stack.profile.isProtected)
  await preflight(opened, plan, signal)
  if (plan.steps.some(({ op }) => op !== 'wait' && op !== 'build' && op !== 'deliver')) changing()
  const outcome = await execute(opened, plan, { wait: !given.isOn('no-wait'), signal })
  if (outcome.failures.length > 0) return exitCodeOfOutcome(outcome)
  if (!given.isOn('no-forward')) await holdForwards(opened)
  const made = await recordRevision({ opened, facts, plan, command: wanted.command, set: wanted.set })
  const isSmokeDue = plan.steps.length > 0 && wanted.isSmokeWanted
  const smokeCode = isSmokeDue ? await runSmokeTests(opened, opened.stack.smoke, signal) : exitCodes.ok
  if (made !== undefined && smokeCode !== exitCodes.ok) await noteResult(opened.memory, made, 'smoke failed')
  await summarise(opened, given.text('progress') === 'json' ? undefined : stdout)
  return smokeCode
}
