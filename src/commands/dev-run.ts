import { createCoalescer, type Timers } from '../dev/coalesce.ts'
import { createLoop, type Loop } from '../dev/loop.ts'
import type { Impact } from '../dev/impact.ts'
import { readersOf, watchedPaths } from '../dev/readers.ts'
import { createSight } from '../dev/sight.ts'
import { openDevSync } from '../dev/sync/dev-sync.ts'
import type { MemoryLock } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import { watchFiles, type Watcher } from '../platform/watch.ts'
import { watchGit } from '../platform/watch-git.ts'
import { holdForwards, schedulerFor } from '../session/execute.ts'
import { layFoundation } from '../session/foundation.ts'
import { locked } from '../session/locked.ts'
import type { Opened } from '../session/opened.ts'
import type { Screen } from '../state/screen.ts'
import { withRun } from '../session/run.ts'
import { runSmokeChecks } from '../session/smoke.ts'
import { StackError } from '../stack/diagnostics.ts'
import { messageOf } from '../report/words.ts'
import type { Arguments } from './arguments.ts'
import { exitCodes, type Surroundings } from './command.ts'
import { devActions } from './dev-actions.ts'
import { openDevIntents, type DevIntents } from './dev-intents.ts'
import { serving, type DevServer } from './dev-serving.ts'
import { bring, nothingDone, replay, schedulerOf, tell, unlessEnded, type Current } from './dev-turns.ts'
import { openDevUrls } from './dev-urls.ts'
import { endStack } from './end-stack.ts'
import { exitCodeOfOutcome, exitCodeOfState } from './outcome.ts'
import { openScreenFeed, type ScreenFeed } from './screen-feed.ts'

/**
 * `up`, and then the same line again for every edit, until Ctrl-C or until somebody before a screen ends it. What fails stays dirty
 * and is tried again with the next edit; the version before goes on serving. LockedError when somebody else is at work.
 */
export async function runDev(first: Opened, given: Arguments, around: Surroundings): Promise<number> {
  const current: Current = {
    all: [first],
    opened: first,
    scheduler: schedulerFor(first, { wait: true, signal: around.signal }),
    sync: undefined,
    sight: undefined,
    replicas: new Map(),
  }
  const feed = openScreenFeed(() => current.opened)
  const intents = openDevIntents()
  try {
    return await locked(first, 'dev', around.signal, (signal, lock) =>
      serving(first, given, around, { feed, intents }, signal, (server) =>
        withRun(first, 'dev', signal, async () => {
          current.scheduler = schedulerFor(first, { wait: true, signal })
          const left = await prepare(current, given, signal, intents.leaving, lock)
          if (typeof left === 'number') return left
          if (!left) await follow(current, given, { ...around, signal }, { feed, intents, server })
          const choice = intents.choice() ?? given.text('on-exit') ?? 'keep'
          return choice === 'keep'
            ? sayKept(current.opened)
            : await endStack(current.opened, choice === 'down')
        }),
      ),
    )
  } finally {
    feed.close()
    await current.sync?.close()
    for (const opened of current.all) if (opened !== first) await opened.close()
  }
}

/** Whether somebody asked for the end meanwhile, or the exit code of what could not be prepared. */
async function prepare(
  current: Current,
  given: Arguments,
  signal: AbortSignal,
  leaving: AbortSignal,
  lock: MemoryLock,
): Promise<boolean | number> {
  const { opened } = current
  const either = AbortSignal.any([signal, leaving])
  const ground = await unlessEnded(leaving, undefined, () =>
    layFoundation(opened, given.isOn('yes'), { wait: true, signal: either }),
  )
  if (leaving.aborted) return true
  if (ground && ground.failures.length > 0) return exitCodeOfOutcome(ground)
  await lock.reach?.()
  current.sync = await openDevSync(opened)
  current.scheduler = schedulerOf(current, signal)
  return false
}

interface Viewed {
  readonly feed: ScreenFeed
  readonly intents: DevIntents
  readonly server: DevServer
}

/** Until Ctrl-C, or until somebody leaves the screen. */
async function follow(
  current: Current,
  given: Arguments,
  outer: Surroundings,
  { feed, intents, server }: Viewed,
): Promise<void> {
  const signal = AbortSignal.any([outer.signal, intents.leaving])
  const around = { ...outer, signal }
  const views: Screen[] = []
  const urls = openDevUrls(current, () =>
    given.text('progress') === 'json' || views.length > 0 ? undefined : around.stdout,
  )
  const loop = createLoop({
    readers: () => readersOf(current.opened),
    reload: () => reload(current, watched, around),
    bring: (impacts) => unlessEnded(signal, nothingDone, () => bring(current, impacts, given, around)),
    replay: () => unlessEnded(signal, undefined, () => replay(current, given, around)),
    afterwards: async (impacts) => {
      await urls.follow(impacts)
      await smokeOf(current.opened, impacts, given, signal)
    },
    emit: (event) => current.opened.emit(event),
    now: Date.now,
  })
  const coalescer = createCoalescer((paths) => loop.edit(paths), timers, watchGit(current.opened.stack.root))
  // Watching begins before the first look at the files: an edit during the first `up` is not lost.
  await current.opened.gather('change')
  const watched = await openWatched(current, (path) => coalescer.add(path))
  intents.become(devActions(current, given, around, () => loop.stir()))
  const screen = await screenFor(given, around, feed, intents)
  if (screen) views.push(screen)
  const close = (): void => screen?.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    const { outcome } = await unlessEnded(intents.leaving, nothingDone, () =>
      bring(current, [], given, around),
    )
    const { isWell } = await outcome
    followContainers(current, loop, signal)
    if (!signal.aborted && isWell) {
      await holdForwards(current.opened)
      await smokeOf(current.opened, [], given, signal)
      await urls.show()
    }
    if (!signal.aborted) {
      tellOfOpenedRoots(current.opened)
      tell(current.opened, 'watching for edits; Ctrl-C ends')
      server.settle(exitCodeOfState(current.opened.store.getState(), isWell))
    }
    await ended(signal)
    await loop.idle()
  } finally {
    close()
    coalescer.close()
    await watched.watcher.close()
  }
}

/** From here on it is known when containers come and go. */
function followContainers(current: Current, loop: Loop, signal: AbortSignal): void {
  if (!current.sync) return
  const sight = createSight()
  current.sight = sight
  current.sync.watch(() => {
    sight.doubt()
    loop.stir()
  }, signal)
  // The first look finds the containers, and opens the ways into them before the first edit.
  loop.stir()
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
  given: Arguments,
  around: Surroundings,
  feed: ScreenFeed,
  intents: DevIntents,
): Promise<Screen | undefined> {
  const { screen: door } = around
  if (!door || around.signal.aborted) return undefined
  const { openDevScreen, wantsScreen } = await import('./dev-screen.ts')
  if (!wantsScreen(given, around)) return undefined
  return openDevScreen({ door, given, around, feed, act: (intent) => intents.act(intent) })
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
  if (!(await isReadable(next, before))) return false
  current.all.push(next)
  current.opened = next
  current.sight?.doubt()
  current.scheduler = schedulerOf(current, around.signal)
  const { paths, isIgnored } = await watchedPaths(next)
  const wanted = new Set(paths)
  watched.isIgnored = isIgnored
  watched.watcher.remove(watched.paths.filter((path) => !wanted.has(path)))
  watched.watcher.add(paths)
  watched.paths = paths
  return true
}

/** Whether all that the stack names can be read: templates, manifests, charts, Dockerfiles. Mistakes are told where they stand. */
async function isReadable(next: Opened, before: Opened): Promise<boolean> {
  try {
    await next.gather('change')
    return true
  } catch (error) {
    await next.close()
    if (!(error instanceof StackError)) throw error
    for (const diagnostic of error.diagnostics)
      before.emit({ type: 'diagnostic.reported', at: Date.now(), diagnostic })
    return false
  }
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
