import { findDev, type DevLink } from '../attach/client.ts'
import { unpackState } from '../attach/replay.ts'
import { clockTime, messageOf } from '../report/words.ts'
import type { Opened } from '../session/opened.ts'
import type { Event } from '../state/events.ts'
import { createStore } from '../state/store.ts'
import type { Arguments } from './arguments.ts'
import { isOfTarget } from './attached.ts'
import { exitCodes, type Surroundings } from './command.ts'
import { pause } from './pause.ts'
import { statusOfState } from './status-of-state.ts'
import { openStatusView, type StatusView } from './status-view.ts'
import { lookAtStatus } from './status.ts'
import { followingFiles } from './stack-of-now.ts'

/** Milliseconds from the end of one look at the target to the next, while no `dev` runs. */
const lookEvery = 3_000
/** Milliseconds in which events of a running `dev` become one change. */
const gathered = 100

/**
 * `status --watch`: how it is, again with each change, until Ctrl-C. A running `dev` tells; without one the target is looked at
 * every three seconds, and the stack file is read again when it was edited.
 */
export async function watchStatus(first: Opened, given: Arguments, around: Surroundings): Promise<number> {
  const { signal } = around
  const stack = await followingFiles(first)
  const view = openStatusView(given, around)
  const isEnded = (): boolean => signal.aborted
  try {
    while (!isEnded()) {
      // One that cannot be talked to is looked past: the target is there all the same.
      const link = await findDev(first.memory.folder).catch(() => undefined)
      if (link && isOfTarget(link, first, given)) await showDev(link, stack.now(), view, given, signal)
      else {
        link?.close()
        await showLook(await stack.renew(), view, given, around)
        await pause(lookEvery, signal)
      }
    }
    // Ctrl-C is how it ends.
    return exitCodes.ok
  } finally {
    view.close()
    await stack.close()
  }
}

/** A target that does not answer is told, and asked again; at the first look it ends the command. */
async function showLook(
  opened: Opened,
  view: StatusView,
  given: Arguments,
  around: Surroundings,
): Promise<void> {
  try {
    const seen = await lookAtStatus(opened, given, around)
    view.show(opened, seen, `looked at ${clockTime(Date.now()).slice(0, 8)}, every ${lookEvery / 1000} s`)
  } catch (error) {
    if (around.signal.aborted) return
    if (view.isEmpty) throw error
    view.problem(opened, messageOf(error))
  }
}

/** Until the `dev` ends, or we do. */
async function showDev(
  link: DevLink,
  opened: Opened,
  view: StatusView,
  given: Arguments,
  signal: AbortSignal,
): Promise<void> {
  const store = createStore()
  let timer: NodeJS.Timeout | undefined
  const show = (): void => {
    timer = undefined
    const seen = statusOfState(store.getState(), given.operands)
    if (seen.rows.length > 0) view.show(opened, seen, `from dev (process ${link.hello.pid})`)
  }
  const leave = (): void => link.close()
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) link.close()
  link.attach(
    { looks: true, logs: false },
    {
      onReplay(replay) {
        store.become(unpackState(replay.state))
        // The first look of dev on our behalf is on its way.
        timer ??= setTimeout(show, gathered)
      },
      onEvent(event: Event) {
        store.dispatch(event)
        timer ??= setTimeout(show, gathered)
      },
    },
  )
  await link.end
  clearTimeout(timer)
  signal.removeEventListener('abort', leave)
}
