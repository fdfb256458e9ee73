import { widthOf } from './width.ts'
import type { Span } from './diagnostics.ts'

/** Two columns that show a tab for what it is. */
const shownTab = '→ '
/** Columns of an excerpt; longer lines are cut around the place. */
const widest = 100

/**
 * The line of a span, out of the lines of its file, with its neighbours (one before, one after) and carets under it:
 *
 *     13 |   api:
 *     14 |     replicas: two
 *        |               ^^^
 *     15 |     image: app
 */
export function excerpt(lines: readonly string[], span: Span): string[] {
  const first = Math.max(1, span.line - 1)
  const last = Math.min(lines.length, span.line + 1)
  const gutter = String(last).length
  const shown: string[] = []
  for (let number = first; number <= last; number++) {
    const line = (lines[number - 1] ?? '').replace(/\r$/, '')
    if (number === lines.length && line === '' && number !== span.line) continue
    const cut =
      number === span.line ? cutAround(line, span.column - 1) : { text: line.slice(0, widest), from: 0 }
    shown.push(`${String(number).padStart(gutter)} | ${spaced(cut.text)}`.trimEnd())
    if (number !== span.line) continue
    const start = Math.max(0, span.column - 1 - cut.from)
    const before = widthOf(spaced(cut.text.slice(0, start)))
    const marked = widthOf(spaced(cut.text.slice(start, start + span.length)))
    shown.push(`${' '.repeat(gutter)} | ${' '.repeat(before)}${'^'.repeat(Math.max(1, marked))}`)
  }
  return shown
}

function cutAround(line: string, offset: number): { text: string; from: number } {
  if (line.length <= widest) return { text: line, from: 0 }
  const from = Math.min(Math.max(0, offset - widest / 2), Math.max(0, line.length - widest))
  return { text: line.slice(from, from + widest), from }
}

function spaced(text: string): string {
  return printable(text.replaceAll('\t', shownTab))
}

/** The user's text without what could steer a terminal or reorder a line: control characters and bidirectional marks. */
export function printable(text: string): string {
  return text.replace(unprintable, '\ufffd')
}

// eslint-disable-next-line no-control-regex -- finding them is the purpose
const unprintable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
