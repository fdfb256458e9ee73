import { signOf } from '../report/status.ts'
import { styleFor } from '../report/style.ts'
import { clockTime, visible } from '../report/words.ts'
import type { Opened } from '../session/opened.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'
import { statusJson, statusText, type Status, type StatusRow } from './status.ts'

/** Where `status --watch` tells what it sees; what did not change is not told again. */
export interface StatusView {
  readonly isEmpty: boolean
  /** `source` says where this is known from. */
  show(opened: Opened, seen: Status, source: string): void
  problem(opened: Opened, text: string): void
  close(): void
}

/** JSON Lines for `-o json`, a picture that is drawn again on a terminal, lines that are appended on a pipe. */
export function openStatusView(given: Arguments, around: Surroundings): StatusView {
  if (given.text('output') === 'json') return jsonView(around)
  const { rows } = around.stdout as { readonly rows?: number }
  const isTerminal = around.stdout.isTTY === true && (rows ?? 0) > 0 && around.env['TERM'] !== 'dumb'
  return isTerminal ? pictureView(given, around) : linesView(given, around)
}

/** That something runs for a while longer is no change. */
function ageless(text: string): string {
  return text.replace(
    / for (?:about |less than )?(?:an?|\d+) (?:second|minute|hour|day|week|month|year)s?/i,
    '',
  )
}

function jsonView({ stdout }: Surroundings): StatusView {
  let last = ''
  return {
    get isEmpty() {
      return last === ''
    },
    show(opened, { rows, smoke }) {
      const steady = rows.map((row) => ({ ...row, detail: ageless(row.detail) }))
      const text = statusJson(opened, { rows: steady, smoke })
      if (text !== last) stdout.write(statusJson(opened, { rows, smoke }))
      last = text
    },
    problem: (opened, text) => tellProblem(opened, text),
    close: () => undefined,
  }
}

function linesView(given: Arguments, { stdout, env }: Surroundings): StatusView {
  const style = styleFor(given.text('ansi'), stdout, env)
  const told = new Map<string, string>()
  let isEmpty = true
  const tell = (key: string, sign: string, name: string, text: string): void => {
    if (told.get(key) === ageless(text)) return
    told.set(key, ageless(text))
    stdout.write(
      `${style.dim(clockTime(Date.now()))}  ${sign} ${style.bold(name.padEnd(18))} ${visible(text)}\n`,
    )
  }
  return {
    get isEmpty() {
      return isEmpty
    },
    show(_opened, { rows, smoke }) {
      isEmpty = false
      for (const row of rows)
        tell(row.resource, signOf(row, style), row.resource.replace(/^service\//, ''), wordsOf(row))
      for (const { check, outcome, message } of smoke) {
        const sign = outcome === 'passed' ? style.green('✔') : style.red('✘')
        tell(
          `smoke/${check}`,
          sign,
          `smoke ${check}`,
          message === undefined ? outcome : `${outcome}: ${message}`,
        )
      }
      const present = new Set([
        ...rows.map(({ resource }) => resource),
        ...smoke.map(({ check }) => `smoke/${check}`),
      ])
      for (const key of told.keys())
        if (!present.has(key)) {
          tell(key, style.dim('○'), key.replace(/^service\//, ''), 'gone')
          told.delete(key)
        }
    },
    problem: (opened, text) => tellProblem(opened, text),
    close: () => undefined,
  }
}

function wordsOf({ replicas, detail, drift }: StatusRow): string {
  const count = replicas ? `${replicas.ready}/${replicas.wanted}  ` : ''
  return `${count}${drift === undefined ? detail : `${detail}; ${drift}`}`
}

/** Milliseconds between two pictures of which only the ages differ. */
const ageing = 1_000

function pictureView(given: Arguments, around: Surroundings): StatusView {
  const { stdout, env } = around
  const style = styleFor(given.text('ansi'), stdout, env)
  let last: Parameters<StatusView['show']> | undefined
  let drawn = ''
  let height = 0
  const draw = (): void => {
    if (!last) return
    const [opened, seen, source] = last
    const room = Math.max(1, ((stdout as { readonly rows?: number }).rows ?? 24) - 2)
    const lines = statusText(opened, seen, given, around).split('\n')
    const left = lines.length - room
    const shown = left > 0 ? [...lines.slice(0, room - 1), style.dim(`… and ${left + 1} more lines`)] : lines
    const text = [...shown, style.dim(source.slice(0, stdout.columns))].join('\n')
    if (text === drawn) return
    stdout.write(`${height > 0 ? `\u001B[${height}A\r\u001B[J` : ''}${text}\n`)
    drawn = text
    height = shown.length + 1
  }
  const timer = setInterval(draw, ageing)
  return {
    get isEmpty() {
      return last === undefined
    },
    show(...seen) {
      last = seen
      draw()
    },
    problem(opened, text) {
      if (last) last = [opened, last[1], `the target does not answer: ${visible(text).replace(/\s+/g, ' ')}`]
      draw()
    },
    close: () => clearInterval(timer),
  }
}

function tellProblem(opened: Opened, text: string): void {
  opened.emit({
    type: 'message.reported',
    at: Date.now(),
    text: `the target does not answer: ${text}`,
  })
}
