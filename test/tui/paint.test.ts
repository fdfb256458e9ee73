import fc from 'fast-check'
import { expect, test } from 'vitest'
import { paint } from '../../tui/paint.ts'
import { fitRow, span, textOf, type Row } from '../../tui/row.ts'
import { harmless } from '../../tui/text.ts'
import { Emulator } from './emulator.ts'

const width = 24
const rows = fc.array(
  fc
    .array(
      fc.record({
        text: fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.constantFrom('日本', 'שלום', '✔ ok', '│', '      '),
        ),
        tone: fc.constantFrom('good', 'bad', undefined),
      }),
      { maxLength: 5 },
    )
    .map((spans) =>
      fitRow(
        spans.map(({ text, tone }) => span(harmless(text), tone)),
        width,
      ),
    ),
  { minLength: 3, maxLength: 3 },
)

test('whatever came before, the terminal shows the last frame', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 5 }), (frames) => {
      const terminal = new Emulator()
      let before: readonly Row[] | undefined
      for (const frame of frames) {
        terminal.feed(paint(before, frame, true))
        before = frame
      }
      const shown = terminal.text.split('\n')
      const wanted = (frames.at(-1) ?? []).map((row) => textOf(row).trimEnd())
      expect(wanted.map((_row, index) => shown[index] ?? '')).toEqual(wanted)
      expect(terminal.unknown).toEqual([])
    }),
  )
})

test('only what changed is drawn', () => {
  const border = span('│', 'quiet')
  const before = [[border, span('one '), border, span('same'), border]]
  const after = [[border, span('two '), border, span('same'), border]]
  expect(paint(before, after, true)).toBe('\u001B[?2026h\u001B[1;2H\u001B[0mtwo \u001B[0m\u001B[?2026l')
  expect(paint(after, after, true)).toBe('')
  expect(paint(before, [[...(before[0] ?? [])]], true)).toBe('')
})

test('what follows a text whose width terminals may see otherwise is drawn again', () => {
  const before = [[span('abcd'), span('│')]]
  const after = [[span('日本'), span('│')]]
  expect(paint(before, after, false)).toBe(
    '\u001B[?2026h\u001B[1;1H\u001B[0m    \u001B[1;1H日本\u001B[1;5H\u001B[0m│\u001B[0m\u001B[?2026l',
  )
})

test('without colours a row is still faint, bold and inverse', () => {
  const row = [[span('a', 'bad', true), { ...span('b', 'quiet'), inverse: true }]]
  expect(paint(undefined, row, false)).toContain('\u001B[0;1ma')
  expect(paint(undefined, row, false)).toContain('\u001B[0;2;7mb')
  expect(paint(undefined, row, true)).toContain('\u001B[0;31;1ma')
})
