import { createCoalescer, type Timers } from '../dev/coalesce.ts'
import { createLoop } from '../dev/loop.ts'
import type { Impact } from '../dev/impact.ts'
import { readersOf, watchedPaths } from '../dev/readers.ts'
import { openDevSync } from '../dev/sync/dev-sync.ts'
import { StepError } from '../plan/step-error.ts'
import { watchFiles, type Watcher } from '../platform/watch.ts'
import { watchGit } from '../platform/watch-git.ts'
import { summarise } from '../report/summary.ts'
import { holdForwards, schedulerFor } from '../session/execute.ts'
import { layFoundation } from '../session/foundation.ts'
import { locked } from '../session/locked.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import type { OnExit, Screen } from '../state/screen.ts'
import { withRun } from '../session/run.ts'
import { runSmokeChecks } from '../session/smoke.ts'
import { messageOf } from '../report/words.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'
import { devActions } from './dev-actions.ts'
import type { DevActions } from './dev-screen.ts'
import { bring, nothingDone, replay, schedulerOf, tell, unlessEnded, type Current } from './dev-turns.ts'
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
    sync: undefined,
    replicas: new Map(),
  }
  try {
    checkNames(first.stack, given.operands)
    return await locked(first, 'dev', around.signal, (signal, lock) =>
      withRun(first, 'dev', signal, async () => {
        current.scheduler = schedulerFor(first, { wait: true, signal })
        const ground = await layFoundation(first, given.isOn('yes'), { wait: true, signal })
        if (ground && ground.failures.length > 0) return exitCodeOfOutcome(ground)
        await lock.reach?.()
        current.sync = await openDevSync(first)
        current.scheduler = schedulerOf(current, signal)
        const leaving = await follow(current, given, { ...around, signal })
        const choice = leaving ?? given.text('on-exit') ?? 'keep'
        return choice === 'keep' ? sayKept(current.opened) : await endStack(current.opened, choice === 'down')
      }),
    )
  } finally {
    await current.sync?.close()
    for (const opened of current.all) await opened.close()
  }
}

/** Until Ctrl-C, or until somebody leaves the screen: then the result is what he wants to become of the stack. */
async function follow(current: Current, given: Arguments, outer: Surroundings): Promise<OnExit | undefined> {
  const leaving = new AbortController()
  let choice: OnExit | undefined
  const signal = AbortSignal.any([outer.signal, leaving.signal])
  const around = { ...outer, signal }
  const loop = createLoop({
    readers: () => readersOf(current.opened),
    reload: () => reload(current, watched, around),
    bring: (impacts) => unlessEnded(signal, nothingDone, () => bring(current, impacts, given, around)),
    replay: () => unlessEnded(signal, undefined, () => replay(current, given, around)),
    afterwards: (impacts) => smokeOf(current.opened, impacts, given, signal),
    emit: (event) => current.opened.emit(event),
    now: Date.now,
  })
  const coalescer = createCoalescer((paths) => loop.edit(paths), timers, watchGit(current.opened.stack.root))
  // Watching begins before the first look at the files: an edit during the first `up` is not lost.
  await current.opened.gather('change')
  const watched = await openWatched(current, (path) => coalescer.add(path))
  const quit = (then: OnExit): void => {
    choice = then
    leaving.abort()
  }
  const actions = devActions(current, given, around, { quit, stir: () => loop.stir() })
  const screen = await screenFor(current, given, around, actions)
  const close = (): void => screen?.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    const { outcome } = await bring(current, [], given, around)
    const { isWell } = await outcome
    current.sync?.watch(() => loop.stir(), signal)
    if (!signal.aborted && isWell) {
      await holdForwards(current.opened)
      await smokeOf(current.opened, [], given, signal)
      const isSilent = given.text('progress') === 'json' || screen !== undefined
      await summarise(current.opened, isSilent ? undefined : around.stdout)
    }
    if (!signal.aborted) {
      tellOfOpenedRoots(current.opened)
      tell(current.opened, 'watching for edits; Ctrl-C ends')
    }
    await ended(signal)
    await loop.idle()
    return choice
  } finally {
    close()
    coalescer.close()
    await watched.watcher.close()
  }
}

/** What differs from the stack file for as long as `dev` runs is said. */
function tellOfOpenedRoots(opened: Opened): void {
  const names = [...opened.stack.services.values()]
    .filter(({ dev }) => dev.isRootOpened)
    .map(({ name }) => name)
  if (names.length === 0) return
  tell(
    opened,
    `read-only-root of ${names.join(', ')} waits for the next up: edits are written into these containers`,
  )
}

const timers: Timers = {
  now: Date.now,
  after: (milliseconds, act) => {
    const timer = setTimeout(act, milliseconds)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** The terminal UI, where a person sits before a terminal that has room for it. */
async function screenFor(
  current: Current,
  given: Arguments,
  around: Surroundings,
  actions: DevActions,
): Promise<Screen | undefined> {
  const { screen: door } = around
  if (!door || around.signal.aborted) return undefined
  const { openDevScreen, wantsScreen } = await import('./dev-screen.ts')
  if (!wantsScreen(given, around)) return undefined
  const { commands } = await import('./table.ts')
  const verbs = commands.map(({ name, summary, completes }) => ({ name, summary, completes }))
  return openDevScreen({ door, given, around, opened: () => current.opened, verbs, actions })
}

interface Watched {
  readonly watcher: Watcher
  /** What is watched for the stack as it is now. */
  paths: readonly string[]
  isIgnored: (path: string) => boolean
}

async function openWatched(current: Current, onChange: (path: string) => void): Promise<Watched> {
  const { paths, isIgnored } = await watchedPaths(current.opened)
  const watched = { paths, isIgnored }
  const watcher = await watchFiles({
    paths,
    isIgnored: (path) => watched.isIgnored(path),
    onChange,
    onError: (error) => tell(current.opened, `${error.message}; ${error.hint}`),
  })
  return Object.assign(watched, { watcher })
}

/** A broken edit of the stack file keeps the last good stack; a good one replaces it, with all that is watched. */
async function reload(current: Current, watched: Watched, around: Surroundings): Promise<boolean> {
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
  current.scheduler = schedulerOf(current, around.signal)
  const { paths, isIgnored } = await watchedPaths(next)
  const wanted = new Set(paths)
  watched.isIgnored = isIgnored
  watched.watcher.remove(watched.paths.filter((path) => !wanted.has(path)))
  watched.watcher.add(paths)
  watched.paths = paths
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
