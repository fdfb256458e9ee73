import type { Intent, ScreenOptions } from '../src/state/screen.ts'
import { asciiRow } from './ascii.ts'
import { eventLine, type EventLine } from './event-line.ts'
import type { Model } from './model.ts'
import { paint } from './paint.ts'
import { press, type Key } from './press.ts'
import type { Row, Size } from './row.ts'
import { initialUi, type UiState } from './ui-state.ts'
import { frame } from './view-model.ts'

/** What the controller needs of a terminal and a clock; tests and the bench give their own. */
export interface Canvas {
  size(): Size
  write(text: string): void
  readonly isUnicode: boolean
  now(): number
  /** Calls back after some milliseconds; the result prevents it. */
  after(milliseconds: number, act: () => void): () => void
}

export interface Controller {
  key(key: Key): void
  /** The size changed, or something else was on the terminal: everything is drawn anew. */
  redraw(): void
  /** Draws nothing until `redraw`. */
  pause(): void
  /** A word to the person, until the next key. */
  notice(text: string, tone: 'bad' | 'good'): void
  close(): void
}

/** Milliseconds from one frame to the next: thirty a second at most. */
const pace = 33
const eventsKept = 1_000

/** Joins the store, the keys and the terminal; paused until the first `redraw`. A frame is drawn when something changed, and no more often than an eye can see. */
export function createController(
  options: ScreenOptions,
  canvas: Canvas,
  carryOut: (intent: Intent) => void,
): Controller {
  const { store, logs } = options
  const events: EventLine[] = (options.recent ?? []).flatMap((event) => eventLine(event) ?? [])
  let ui: UiState = initialUi
  let painted: readonly Row[] | undefined
  let paintedLogs = 0
  let isPaused = true
  let lastFrame = 0
  let cancelFrame: (() => void) | undefined

  const model = (): Model => ({
    state: store.getState(),
    ui,
    size: canvas.size(),
    logs,
    events,
    verbs: options.verbs,
    onExit: options.onExit,
    isAttached: options.isAttached ?? false,
    now: canvas.now(),
  })

  function draw(): void {
    cancelFrame?.()
    cancelFrame = undefined
    if (isPaused) return
    lastFrame = canvas.now()
    paintedLogs = logs.newest()
    const rows = canvas.isUnicode ? frame(model()) : frame(model()).map(asciiRow)
    const text = paint(painted, rows, options.isColoured)
    painted = rows
    if (text !== '') canvas.write(text)
  }

  function wanted(): void {
    if (isPaused || cancelFrame) return
    cancelFrame = canvas.after(Math.max(0, lastFrame + pace - canvas.now()), draw)
  }

  const unsubscribe = store.subscribe((event) => {
    const line = eventLine(event)
    if (line) {
      events.push(line)
      if (events.length > eventsKept) events.shift()
      // Who reads older events goes on reading the same ones.
      if (ui.eventsBack > 0) ui = { ...ui, eventsBack: Math.min(ui.eventsBack + 1, eventsKept - 1) }
    }
    wanted()
  })

  // Logs tell nobody when they grow: that is looked at as often as it could be seen. Ages and the clock tick once a second.
  let stopTicking: () => void
  function tick(): void {
    if (logs.newest() !== paintedLogs || canvas.now() - lastFrame >= 1000) wanted()
    stopTicking = canvas.after(pace, tick)
  }
  tick()

  return {
    key(key) {
      const pressed = press(key, model())
      ui = pressed.ui
      // The answer to a key is not to wait for its turn.
      draw()
      if (pressed.intent) carryOut(pressed.intent)
    },
    notice(text, tone) {
      ui = { ...ui, notice: { text, tone } }
      wanted()
    },
    redraw() {
      isPaused = false
      painted = undefined
      draw()
    },
    pause() {
      isPaused = true
      cancelFrame?.()
      cancelFrame = undefined
    },
    close() {
      isPaused = true
      cancelFrame?.()
      stopTicking()
      unsubscribe()
    },
  }
}
