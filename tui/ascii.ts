import type { Row } from './row.ts'
import { cells, isAscii } from './text.ts'

/** Signs and lines for terminals without Unicode; every one takes the one cell that it had. */
const substitutes: Readonly<Record<string, string>> = {
  '●': '*',
  '◐': '~',
  '…': '.',
  '✔': '+',
  '✘': 'x',
  '○': '-',
  '≠': '!',
  '▸': '>',
  '┌': '+',
  '┐': '+',
  '└': '+',
  '┘': '+',
  '├': '+',
  '┤': '+',
  '─': '-',
  '│': '|',
  '·': '.',
  '→': '>',
}

/** The row in ASCII, as wide as it was. What has no substitute is a question mark for each cell. */
export function asciiRow(row: Row): Row {
  return row.map((each) => (isAscii(each.text) ? each : { ...each, text: asciiText(each.text) }))
}

function asciiText(text: string): string {
  let result = ''
  for (const { segment } of segmenter.segment(text))
    result += isAscii(segment) ? segment : (substitutes[segment] ?? '?'.repeat(cells(segment)))
  return result
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
