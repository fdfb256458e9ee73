import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { cells, cut, fit, harmless, isSimple, wrap } from '../../tui/text.ts'

describe('width', () => {
  test.each([
    ['plain', 5],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['✔ ✘', 3],
    ['✅', 2],
    ['✔\uFE0F', 2],
    ['שלום', 4],
    ['\u200B', 0],
  ])('%s takes %i cells', (text, width) => {
    expect(cells(text)).toBe(width)
  })
  test('a wide character is never halved', () => {
    expect(['日本語', 'a日本語', '👩‍👩‍👧👩‍👩‍👧'].map((text) => cut(text, 4))).toEqual(['日…', 'a日…', '👩‍👩‍👧👩‍👩‍👧'])
    expect(fit('日本語', 4)).toBe('日… ')
  })
  test('combining characters stay with theirs', () => {
    expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…')
  })
})

describe('control sequences are seen and not obeyed', () => {
  test.each([
    ['colours go', '\u001B[1;31mred\u001B[0m', 'red'],
    ['a title', '\u001B]0;owned\u0007', '␛]0;owned␇'],
    ['clearing', '\u001B[2Jgone', '␛[2Jgone'],
    ['eight bits', '\u009B2J', '·2J'],
    ['carriage return', '50 %\r100 %', '50 %␍100 %'],
    ['nul and delete', '\u0000\u007F', '␀␡'],
    ['direction', 'a\u202Eb\u2066c', 'a·b·c'],
    ['half a pair', 'a\uD800b', 'a\uFFFDb'],
    ['tabs', 'a\tbc\td', 'a       bc      d'],
  ])('%s', (_what, text, shown) => {
    expect(harmless(text)).toBe(shown)
  })
  test('whatever comes, no control character is left', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(harmless(text)).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u)
      }),
    )
  })
})

test('what is fitted and wrapped keeps to its width', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (text, width) => {
      const shown = harmless(text)
      expect(cells(fit(shown, width))).toBe(width)
      const lines = wrap(shown, width)
      expect(lines.join('')).toBe(shown)
      expect(lines.filter((line) => cells(line) > width)).toEqual([])
    }),
  )
})

test('only pictographs that are text differ from string-width', () => {
  expect(cells('✔')).toBe(1)
  expect(stringWidth('✔')).toBe(2)
})

test('what counts as simple takes one cell for each character, as string-width says too', () => {
  const wrong: string[] = []
  for (let code = 0x20; code < 0x30_00; code += 1) {
    const character = String.fromCharCode(code)
    // Pictographs that are text: see above.
    if (isSimple(character) && !/\p{Emoji}/u.test(character) && stringWidth(character) !== 1)
      wrong.push(`U+${code.toString(16)}`)
  }
  expect(wrong).toEqual([])
})
