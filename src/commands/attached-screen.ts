import { findAgain, type DevLink, type LinkEnd } from '../attach/client.ts'
import type { Replay } from '../attach/protocol.ts'
import { unpackState } from '../attach/replay.ts'
import type { Opened } from '../session/opened.ts'
import { createLogBuffers, type LogBuffers } from '../state/log-buffers.ts'
import type { Intent, Screen } from '../state/screen.ts'
import { createStore, type Mirror } from '../state/store.ts'
import type { Arguments } from './arguments.ts'
import type { ViewEnd } from './attached.ts'
import type { Surroundings } from './command.ts'
import { looksOf } from './dev-screen.ts'
import { actHere } from './local-intents.ts'

/** The terminal UI over a `dev` that another process runs. Whoever is dropped because he slept (Ctrl-Z) attaches again. */
export async function showScreen(
  first: DevLink,
  opened: Opened,
  given: Arguments,
  around: Surroundings,
): Promise<ViewEnd> {
  const store = createStore()
  const logs = createLogBuffers()
  const leaving = new AbortController()
  const signal = AbortSignal.any([around.signal, leaving.signal])
  const isOver = (): boolean => signal.aborted
  let link = first
  let screen: Screen | undefined

  const act = (intent: Intent): Promise<string | undefined> => {
    switch (intent.kind) {
      case 'leave':
        leaving.abort()
        return Promise.resolve(undefined)
      case 'open':
      case 'run':
        return actHere(intent, given, around)
      default:
        return link.act(intent)
    }
  }
  const show = async (recent: Replay['recent']): Promise<void> => {
    if (!around.screen || isOver()) return
    const looks = await looksOf(given, around)
    screen = await around.screen.open({ ...looks, store, logs, act, recent, isAttached: true })
    // It closes itself for Ctrl-C.
    if (isOver()) screen.close()
  }
  signal.addEventListener('abort', () => link.close(), { once: true })
  try {
    for (;;) {
      // It may have been left while this connection was made.
      if (isOver()) link.close()
      const end = await mirror(link, store, logs, async (recent) => {
        if (!screen) await show(recent)
      })
      if (end.kind === 'ended') return end
      if (end.kind === 'closed' || isOver()) return { kind: 'left' }
      const again = await findAgain(opened.memory.folder, first.hello)
      if (!again) return { kind: 'gone' }
      link = again
    }
  } finally {
    screen?.close()
  }
}

/** Keeps store and logs as those of the other process until the connection ends. */
async function mirror(
  link: DevLink,
  store: Mirror,
  logs: LogBuffers,
  onReplay: (recent: Replay['recent']) => Promise<void>,
): Promise<LinkEnd> {
  let shown: Promise<void> | undefined
  link.attach(
    { looks: true, logs: true },
    {
      onReplay(replay) {
        store.become(unpackState(replay.state))
        // Those of before are there already when it is attached to again.
        if (logs.newest() === 0) for (const line of replay.logs) logs.write(line)
        shown = onReplay(replay.recent)
        // A screen that cannot be opened ends the view; the reason is told below.
        shown.catch(() => link.close())
      },
      onEvent: (event) => store.dispatch(event),
      onLogs(lines) {
        for (const line of lines) logs.write(line)
      },
    },
  )
  const end = await link.end
  await shown
  return end
}
