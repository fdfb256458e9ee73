import { expect, test } from 'vitest'
import { matchesGlob } from '../src/glob.ts'

test.each([
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything at all', true],
  ['a', 'a', true],
  ['a', 'A', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['?', '', false],
  ['a*', 'a', true],
  ['*c', 'abcabc', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['articles:*:read', 'articles:1:2:read', true],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['**a', 'ba', true],
  ['*a*', 'bbb', false],
])('%j matches %j: %s', (glob, text, expected) => expect(matchesGlob(glob, text)).toBe(expected))

test('what would keep a backtracking expression busy for ever ends', () => {
  expect(matchesGlob(`${'*a'.repeat(50)}b`, 'a'.repeat(1000))).toBe(false)
})
