import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { expandWord } from '../../../src/images/dockerfile/expand.ts'

const values: Readonly<Record<string, string>> = { v: 'a/b/c.txt', empty: '', star: '*x*', words: 'one two' }
const lookup = (name: string): string | undefined => values[name]

test.each([
  ['$v', 'a/b/c.txt'],
  ['${v}x$unset.', 'a/b/c.txtx.'],
  ['$vx', ''],
  ['\'$v\' "$v"', '$v a/b/c.txt'],
  ['\\$v \\\\', '$v \\'],
  ['"\\$v \\n"', '$v \\n'],
  ['${unset:-x$empty y}', 'x y'],
  ['${empty:-x}|${empty-x}', 'x|'],
  ['${v:+set}|${empty:+set}|${empty+set}|${unset+set}', 'set||set|'],
  ['${v#*/}|${v##*/}|${v%/*}|${v%%/*}', 'b/c.txt|c.txt|a/b|a'],
  ['${v%.???}|${v#?}|${v%x*t}', 'a/b/c|/b/c.txt|a/b/c.t'],
  ['${v/b/X}|${v//[/]/_}|${v/\\//_}|${v//\\//_}', 'a/X/c.txt|a/b/c.txt|a_b/c.txt|a_b_c.txt'],
  ['${star#\\*}|${star//\\*/s}', 'x*|sxs'],
  ['${v:?not set}', 'a/b/c.txt'],
  ['$', '$'],
  ['$$|$1|$?', '||'],
  ['`x`', '`x`'],
])('%s is %s', (word, value) => {
  expect(expandWord(word, lookup, { escape: '\\' })).toMatchObject({ ok: true, value })
})

test.each([
  ['${v', '"}" is missing'],
  ['${}', 'a variable name is missing after ${'],
  ['${v!x}', '${…!…} is not known'],
  ['"$v', 'the closing double quote is missing'],
  ["'$v", 'the closing single quote is missing'],
  ['${unset:?why}', 'unset: why'],
  ['${empty:?}', 'empty: is not set'],
  ['${v#\\a}', 'the pattern "\\a" escapes a character that needs none'],
  ['${a:-'.repeat(200) + '}'.repeat(200), 'variables are nested too deeply'],
])('%s is an error', (word, message) => {
  expect(expandWord(word, lookup, { escape: '\\' })).toMatchObject({ ok: false, message })
})

test('splits into words after expansion, quotes kept together', () => {
  const expansion = expandWord('$words "$words" a', lookup, { escape: '\\' })
  expect(expansion.ok && expansion.words).toEqual(['one', 'two', 'one two', 'a'])
})

test('the escape directive decides what escapes', () => {
  expect(expandWord('`$v C:\\x', lookup, { escape: '`' })).toMatchObject({ value: '$v C:\\x' })
})

test('tells which variables were asked for', () => {
  expect([...expandWord('$v ${unset:-$empty}', lookup, { escape: '\\' }).names]).toEqual([
    'v',
    'unset',
    'empty',
  ])
})

test('never throws', () => {
  const pieces = fc.constantFrom(
    '$',
    '{',
    '}',
    'v',
    '${v',
    ':-',
    '#',
    '%',
    '/',
    '*',
    '?',
    '\\',
    '"',
    "'",
    ' ',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (chosen) => {
      expect(() => expandWord(chosen.join(''), lookup, { escape: '\\' })).not.toThrow()
    }),
    { numRuns: 2000 },
  )
})

test('values that double on every line end in an error, not in memory', () => {
  let value = 'x'.repeat(10)
  let failure: string | undefined
  for (let line = 0; line < 60 && failure === undefined; line += 1) {
    const expansion = expandWord('$a$a', () => value, { escape: '\\' })
    if (expansion.ok) ({ value } = expansion)
    else failure = expansion.message
  }
  expect(failure).toBe('the value is longer than 262144 characters')
})
