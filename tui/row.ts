import { cells, fit } from './text.ts'

/** What a colour means, not which it is: the painter knows that, and knows terminals without any. */
export type Tone = 'good' | 'busy' | 'bad' | 'drift' | 'quiet' | 'accent'

/** A piece of a row. Its text is harmless: it holds no control character. */
export interface Span {
  readonly text: string
  readonly tone?: Tone | undefined
  readonly bold?: boolean | undefined
  /** Foreground and background change places: the cursor of the pane with the focus. */
  readonly inverse?: boolean | undefined
}

/** Spans side by side. */
export type Row = readonly Span[]

export interface Size {
  readonly columns: number
  readonly rows: number
}

export function span(text: string, tone?: Tone, bold?: boolean): Span {
  return { text, ...(tone && { tone }), ...(bold && { bold }) }
}

export function widthOf(row: Row): number {
  return row.reduce((sum, { text }) => sum + cells(text), 0)
}

/** The row in exactly `width` cells: what is too much is cut, what is missing are blanks in the style of `filler`. */
export function fitRow(row: Row, width: number, filler: Omit<Span, 'text'> = {}): Row {
  const fitted: Span[] = []
  let left = width
  for (const each of row) {
    if (left === 0) break
    if (each.text === '') continue
    const taken = cells(each.text)
    const text = taken <= left ? each.text : fit(each.text, left)
    fitted.push({ ...each, text })
    left -= Math.min(taken, left)
  }
  if (left > 0) fitted.push({ ...filler, text: ' '.repeat(left) })
  return fitted
}

export function textOf(row: Row): string {
  return row.map(({ text }) => text).join('')
}
