import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unifiedDiff } from '../../src/history/text-diff.ts'

it('shows what changed with three lines around it, in hunks', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`)
  const changed = lines.toSpliced(4, 1, 'five').toSpliced(25, 0, 'new', 'newer').toSpliced(0, 1)
  expect(unifiedDiff(`${lines.join('\n')}\n`, `${changed.join('\n')}\n`, ['revision 1', 'revision 2']))
    .toMatchInlineSnapshot(`
    "--- revision 1
    +++ revision 2
    @@ -1,8 +1,7 @@
    -line 1
     line 2
     line 3
     line 4
    -line 5
    +five
     line 6
     line 7
     line 8
    @@ -23,6 +22,8 @@
     line 23
     line 24
     line 25
    +new
    +newer
     line 26
     line 27
     line 28
    "
  `)
})

it('is empty for equal texts', () => {
  expect(unifiedDiff('a\n', 'a\n', ['a', 'b'])).toBe('')
})

it('says that texts differ where the shortest way is too long to be searched', () => {
  const text = (word: string) => Array.from({ length: 3000 }, (_, index) => `${word}${index}`).join('\n')
  const diff = unifiedDiff(text('a'), text('b'), ['a', 'b']).split('\n')
  expect(diff.slice(0, 4)).toEqual(['--- a', '+++ b', '@@ -1,3000 +1,3000 @@', '-a0'])
})

it('is applied by git and has no edit too many, whatever the texts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'diff-'))
  const file = (name: string) => join(folder, name)
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '', '-x', '+y'), { maxLength: 14 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
  try {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff(before, after, ['text', 'text'])
        writeFileSync(file('text'), before)
        writeFileSync(file('patch'), diff)
        if (diff !== '')
          execFileSync('git', ['apply', '--whitespace=nowarn', '--unidiff-zero', '-p0', 'patch'], {
            cwd: folder,
          })
        expect(readFileSync(file('text'), 'utf8')).toBe(after)
        const edits = diff
          .split('\n')
          .slice(2)
          .filter((line) => /^[-+]/.test(line)).length
        expect(edits).toBe(before === after ? 0 : shortest(before, after))
      }),
      { numRuns: 60 },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Edits by the longest common subsequence, the slow and simple way. */
function shortest(before: string, after: string): number {
  const [one, other] = [before, after].map((each) => each.split('\n').slice(0, -1)) as [string[], string[]]
  const table = Array.from({ length: one.length + 1 }, () => new Array<number>(other.length + 1).fill(0))
  for (let x = 1; x <= one.length; x++)
    for (let y = 1; y <= other.length; y++)
      table[x]![y] =
        one[x - 1] === other[y - 1]
          ? table[x - 1]![y - 1]! + 1
          : Math.max(table[x - 1]![y]!, table[x]![y - 1]!)
  return one.length + other.length - 2 * table[one.length]![other.length]!
}
