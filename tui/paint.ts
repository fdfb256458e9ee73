import type { Row, Span, Tone } from './row.ts'
import { cells, isAscii } from './text.ts'

const escape = '\u001B['

/** What begins and ends a full screen. Autowrap is off and the order of characters is ours, so a row can never break out of its line. */
export const enterScreen = `${escape}?1049h${escape}?25l${escape}?7l${escape}8l`
export const leaveScreen = `${escape}0m${escape}8h${escape}?7h${escape}?25h${escape}?1049l`

/**
 * What turns one frame into the next on a terminal: only spans that differ, each at its own place. So no width that a terminal
 * takes another view of can push its neighbours. Without a frame before, the
 * screen is emptied and everything drawn.
 */
export function paint(
  before: readonly Row[] | undefined,
  after: readonly Row[],
  isColoured: boolean,
): string {
  const parts: string[] = before ? [] : [`${escape}0m${escape}2J`]
  after.forEach((row, index) => {
    const old = before?.[index]
    if (old !== row) paintRow(parts, old, row, index + 1, isColoured)
  })
  if (parts.length === 0) return ''
  // Terminals that know it show the frame at once (https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036).
  return `${escape}?2026h${parts.join('')}${escape}0m${escape}?2026l`
}

function paintRow(parts: string[], old: Row | undefined, row: Row, line: number, isColoured: boolean): void {
  const known = placesOf(old)
  let column = 1
  let mustFollow = false
  for (const each of row) {
    const width = cells(each.text)
    const isThere = known.get(column)
    if (mustFollow || !isThere || !isSameSpan(isThere, each)) {
      parts.push(`${escape}${line};${column}H`, styleOf(each, isColoured))
      mustFollow = !isAscii(each.text) && !isDrawing(each.text)
      // What a terminal may count otherwise is written over blanks, and its neighbour is written again.
      if (mustFollow)
        parts.push(' '.repeat(width), `${escape}${line};${column}H`, each.text.replace(/ +$/, ''))
      else parts.push(each.text)
    }
    column += width
  }
}

function placesOf(row: Row | undefined): ReadonlyMap<number, Span> {
  const places = new Map<number, Span>()
  let column = 1
  for (const each of row ?? []) {
    places.set(column, each)
    column += cells(each.text)
  }
  return places
}

function isSameSpan(one: Span, other: Span): boolean {
  return (
    one.text === other.text &&
    one.tone === other.tone &&
    (one.bold ?? false) === (other.bold ?? false) &&
    (one.inverse ?? false) === (other.inverse ?? false)
  )
}

/** Our own signs and lines, about whose width all terminals agree, among ASCII. */
function isDrawing(text: string): boolean {
  return drawing.test(text)
}

const drawing = /^[\u0020-\u007E─│┌┐└┘├┤●◐✔✘○≠…▸·→]*$/u

/** The sixteen colours that a person chose for his terminal: they suit light and dark. */
const colours: Readonly<Record<Tone, string>> = {
  good: '32',
  busy: '33',
  bad: '31',
  drift: '35',
  quiet: '2',
  accent: '36',
}

function styleOf({ tone, bold, inverse }: Span, isColoured: boolean): string {
  const codes = ['0']
  // Faint is no colour.
  if (tone && (isColoured || tone === 'quiet')) codes.push(colours[tone])
  if (bold) codes.push('1')
  if (inverse) codes.push('7')
  return `${escape}${codes.join(';')}m`
}
