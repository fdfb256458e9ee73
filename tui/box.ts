import { fitRow, span, widthOf, type Row } from './row.ts'
import { cut } from './text.ts'

export interface Boxed {
  readonly title: string
  readonly aside: string
  readonly rows: readonly Row[]
  /** Of the inside. */
  readonly height: number
  readonly hasFocus: boolean
}

/** Panes one below the other in one frame; each border carries the title of the pane below it. */
export function box(boxes: readonly Boxed[], width: number): readonly Row[] {
  const inside = Math.max(0, width - 2)
  const rows = boxes.flatMap((each, index) => [
    border(each, index === 0 ? '┌┐' : '├┤', inside),
    ...Array.from({ length: each.height }, (_unused, at): Row => [
      edge,
      ...fitRow(each.rows[at] ?? [], inside),
      edge,
    ]),
  ])
  return [...rows, [span(`└${'─'.repeat(inside)}┘`, 'quiet')]]
}

export function sideBySide(left: readonly Row[], right: readonly Row[]): readonly Row[] {
  return left.map((row, index) => [...row, ...(right[index] ?? [])])
}

const edge = span('│', 'quiet')

function border({ title, aside, hasFocus }: Boxed, corners: string, inside: number): Row {
  const room = Math.max(0, inside - 1)
  const label = cut(` ${title} `, room)
  const beside = cut(aside === '' ? '' : ` ${aside} `, room - label.length)
  const words = [
    { ...span(label), bold: hasFocus, ...(hasFocus && { tone: 'accent' as const }) },
    span(beside, 'quiet'),
  ]
  const rest = Math.max(0, inside - widthOf(words))
  return [span(corners[0] ?? '', 'quiet'), ...words, span('─'.repeat(rest) + (corners[1] ?? ''), 'quiet')]
}
