import blessed from 'blessed'
import type { Intent, OpenScreen } from '../src/state/screen.ts'
import { createController } from './controller.ts'
import { keyOf, type TerminalKey } from './key-name.ts'
import { enterScreen, leaveScreen } from './paint.ts'
import { speaksUnicode } from './unicode.ts'

/**
 * The screen on the terminal of this process. blessed reads keys and sizes; what is drawn are frames of our own, for its widgets
 * would read tags and control sequences in the text of others, and count cells by tables of their own. However the program ends,
 * short of SIGKILL, the terminal is as it was.
 */
export const openScreen: OpenScreen = (options) => {
  const { stdin: input, stdout: output } = process
  // No terminfo: every terminal of today obeys the sequences that we write, and entries with extensions make blessed complain.
  const withoutTerminfo: object = { input, output, tput: false }
  const terminal = blessed.program(withoutTerminfo)
  const others = [held(output), held(process.stderr)]
  const draw = output.write.bind(output)
  let isUp = false
  let isClosed = false

  function take(): void {
    if (isClosed) return
    isUp = true
    for (const each of others) each.hold()
    if (input.isTTY) {
      // Who had the terminal meanwhile may have changed its modes: set them, whatever they are thought to be.
      input.setRawMode(false)
      input.setRawMode(true)
    }
    input.resume()
    draw(enterScreen)
    controller.redraw()
  }

  function putAway(): void {
    if (!isUp) return
    isUp = false
    controller.pause()
    draw(leaveScreen)
    if (input.isTTY) input.setRawMode(false)
    input.pause()
    for (const each of others) each.release()
  }

  const controller = createController(
    options,
    {
      size: () => ({ columns: output.columns, rows: output.rows }),
      write: (text) => void draw(text),
      isUnicode: speaksUnicode(options.env, process.platform),
      now: Date.now,
      after: (milliseconds, act) => {
        const timer = setTimeout(act, milliseconds)
        return () => clearTimeout(timer)
      },
    },
    carryOut,
  )

  function carryOut(intent: Intent): void {
    const work = intent.kind === 'run' ? aside(() => options.act(intent)) : options.act(intent)
    work.then(
      (word) => {
        if (word !== undefined) controller.notice(word, 'good')
      },
      (error: unknown) => controller.notice(error instanceof Error ? error.message : String(error), 'bad'),
    )
  }

  async function aside<T>(work: () => Promise<T>): Promise<T> {
    putAway()
    try {
      return await work()
    } finally {
      take()
    }
  }

  function close(): void {
    if (isClosed) return
    putAway()
    isClosed = true
    controller.close()
    process.removeListener('exit', close)
    process.removeListener('SIGCONT', take)
    for (const signal of endings) process.removeListener(signal, onEnding)
    terminal.destroy()
  }

  /** The terminal first; then whatever else listens, or the end that the signal means. */
  function onEnding(signal: NodeJS.Signals): void {
    close()
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }

  /** The whole group stops, as it does when the terminal itself sees Ctrl-Z. Where nobody could wake it, nothing stops. */
  function suspend(): void {
    putAway()
    process.kill(0, 'SIGTSTP')
    setTimeout(take, 50)
  }

  terminal.on('keypress', (text: string | undefined, key: TerminalKey) => {
    const pressed = keyOf(text, key)
    if (!isUp || !pressed) return
    if (pressed.name === 'C-c') {
      close()
      process.kill(process.pid, 'SIGINT')
    } else if (pressed.name === 'C-z') suspend()
    else if (pressed.name === 'C-l') controller.redraw()
    else controller.key(pressed)
  })
  terminal.on('resize', () => {
    if (isUp) controller.redraw()
  })
  process.on('exit', close)
  process.on('SIGCONT', take)
  for (const signal of endings) process.prependListener(signal, onEnding)
  take()
  return {
    get isClosed() {
      return isClosed
    },
    aside,
    close,
  }
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How many writes of others are kept; what comes after them is lost. */
const chunksHeld = 1_000

/** What others write while the screen is up would tear it; it comes when the screen is put away. */
function held(stream: NodeJS.WriteStream): { hold(): void; release(): void } {
  const write = stream.write.bind(stream)
  let kept: string[] = []
  return {
    hold() {
      stream.write = (chunk: string | Uint8Array): boolean => {
        if (kept.length < chunksHeld)
          kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
        return true
      }
    },
    release() {
      stream.write = write
      const text = kept.join('')
      kept = []
      if (text !== '') stream.write(text)
    },
  }
}
