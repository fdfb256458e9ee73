import { createCoalescer } from '../dev/coalesce.ts'
import { createLoop, type Turn } from '../dev/loop.ts'
import { causesOf, type Impact } from '../dev/impact.ts'
import { readersOf, watchedPaths } from '../dev/readers.ts'
import type { Scheduler } from '../plan/execute.ts'
import { StepError } from '../plan/step-error.ts'
import { watchFiles, type Watcher } from '../platform/watch.ts'
import { summarise } from '../report/summary.ts'
import { demandConsent, holdForwards, schedulerFor } from '../session/execute.ts'
import { layFoundation } from '../session/foundation.ts'
import { planLine, selectionOf } from '../session/line.ts'
import { locked } from '../session/locked.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { withRun } from '../session/run.ts'
import { runSmokeChecks } from '../session/smoke.ts'
import { messageOf } from '../report/words.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'
import { endStack } from './end-stack.ts'
import { exitCodeOfOutcome } from './outcome.ts'

/**
 * `up`, and then the same line again for every edit. What fails stays dirty and is tried again with the next edit; the version
 * before goes on serving. Ctrl-C ends it with exit code 0, and `--on-exit` says what becomes of the stack.
 */
export const dev: Command = async (given, around) => {
  const first = await openStack(given, around)
  const current: Current = {
    all: [first],
    opened: first,
    scheduler: schedulerFor(first, { wait: true, signal: around.signal }),
  }
  try {
    checkNames(first.stack, given.operands)
    return await locked(first, 'dev', around.signal, (signal, lock) =>
      withRun(first, 'dev', signal, async () => {
        current.scheduler = schedulerFor(first, { wait: true, signal })
        const ground = await layFoundation(first, given.isOn('yes'), { wait: true, signal })
        if (ground && ground.failures.length > 0) return exitCodeOfOutcome(ground)
        await lock.reach?.()
        await follow(current, given, { ...around, signal })
        const choice = given.text('on-exit') ?? 'keep'
        return choice === 'keep' ? sayKept(current.opened) : await endStack(current.opened, choice === 'down')
      }),
    )
  } finally {
    for (const opened of current.all) await opened.close()
  }
}

interface Current {
  /** Every stack that was opened: steps of an earlier one may still run, so all are closed at the end. */
  readonly all: Opened[]
  opened: Opened
  scheduler: Scheduler
}

async function follow(current: Current, given: Arguments, around: Surroundings): Promise<void> {
  const { signal } = around
  const loop = createLoop({
    readers: () => readersOf(current.opened),
    reload: () => reload(current, watcher, around),
    bring: (impacts) => bring(current, impacts, given, around),
    afterwards: (impacts) => smokeOf(current.opened, impacts, given, signal),
    emit: (event) => current.opened.emit(event),
    now: Date.now,
  })
  const coalescer = createCoalescer((paths) => loop.edit(paths), {
    now: Date.now,
    after: (milliseconds, act) => {
      const timer = setTimeout(act, milliseconds)
      return { cancel: () => clearTimeout(timer) }
    },
  })
  // Watching begins before the first look at the files: an edit during the first `up` is not lost.
  await current.opened.gather('change')
  const watched = await watchedPaths(current.opened)
  const watcher = await watchFiles({
    paths: watched.paths,
    isIgnored: watched.isIgnored,
    onChange: (path) => coalescer.add(path),
    onError: (error) => tell(current.opened, `${error.message}; ${error.hint}`),
  })
  try {
    const { outcome } = await bring(current, [], given, around)
    const { isWell } = await outcome
    if (!signal.aborted && isWell) {
      await holdForwards(current.opened)
      await smokeOf(current.opened, [], given, signal)
      await summarise(current.opened, given.text('progress') === 'json' ? undefined : around.stdout)
    }
    if (!signal.aborted) tell(current.opened, 'watching for edits; Ctrl-C ends')
    await ended(signal)
    await loop.idle()
  } finally {
    coalescer.close()
    await watcher.close()
  }
}

async function bring(
  current: Current,
  impacts: readonly Impact[],
  given: Arguments,
  around: Surroundings,
): Promise<Turn> {
  const { opened, scheduler } = current
  const facts = await opened.gather('change')
  const selection = selectionOf(
    opened.driver.desired(opened.stack, facts),
    given.operands,
    !given.isOn('no-deps'),
  )
  const { plan } = await planLine(
    opened.driver,
    opened.stack,
    facts,
    { causes: causesOf(impacts), ...(selection && { selection }) },
    around.signal,
  )
  demandConsent(plan, given.isOn('yes'), opened.stack.profile.isProtected)
  if (plan.steps.length === 0)
    return { outcome: Promise.resolve({ isDone: impacts.length === 0, isWell: true }) }
  const outcome = scheduler.submit(plan).then(
    ({ failures }) => ({ isDone: true, isWell: failures.length === 0 }),
    (error: unknown) => {
      tell(opened, messageOf(error))
      return { isDone: false, isWell: false }
    },
  )
  return { outcome }
}

/** A broken edit of the stack file keeps the last good stack; a good one replaces it, with all that is watched. */
async function reload(current: Current, watcher: Watcher, around: Surroundings): Promise<boolean> {
  const before = current.opened
  const next = await before.reload()
  if (!next) return false
  if (
    next.stack.profile.target !== before.stack.profile.target ||
    next.stack.project !== before.stack.project
  ) {
    await next.close()
    throw new StepError('precondition', 'the edit changes the target or the name of the stack', {
      hint: 'end dev and start it anew; what runs stays until then',
    })
  }
  current.all.push(next)
  current.opened = next
  current.scheduler = schedulerFor(next, { wait: true, signal: around.signal })
  watcher.add((await watchedPaths(next)).paths)
  return true
}

async function smokeOf(
  opened: Opened,
  impacts: readonly Impact[],
  given: Arguments,
  signal: AbortSignal,
): Promise<void> {
  const isAborted = (): boolean => signal.aborted
  if (given.isOn('no-smoke') || given.operands.length > 0 || isAborted()) return
  const { affectedChecks } = await import('../dev/affected.ts')
  try {
    await runSmokeChecks(
      opened,
      impacts.length === 0 ? opened.stack.smoke : affectedChecks(opened.stack, impacts),
      signal,
    )
  } catch (error) {
    if (!isAborted()) tell(opened, messageOf(error))
  }
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function sayKept(opened: Opened): number {
  tell(opened, 'the stack goes on running; iamstack down ends it')
  return exitCodes.ok
}

function tell(opened: Opened, text: string): void {
  opened.emit({ type: 'message.reported', at: Date.now(), text })
}
