import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { followGlob, parseGlob } from '../../../src/images/context/glob.ts'
import { createIgnore } from '../../../src/images/context/ignore.ts'
import { findingsOf, valueOf } from '../describe.ts'

const ignoreOf = (...lines: string[]) => valueOf(createIgnore(lines.join('\n'), '.dockerignore'))

describe('.dockerignore as moby reads it (S26)', () => {
  test.each([
    ['**', 'file', true],
    ['**/', 'dir/file', true],
    ['**/**', 'dir/file', true],
    ['dir/**', 'dir/dir2/file', true],
    ['abc/**', 'abc', false],
    ['**/dir', 'dir', true],
    ['**/dir', 'a/dir/file', true],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/dir2/**', 'dir/dir2/dir3/file', true],
    ['**file', 'dir/my-file', true],
    ['**file*', 'dir/my-file', false],
    ['**/file*.txt', 'dir/dir/file1.txt', true],
    ['**/**/*.txt', 'file.txt', true],
    ['**/**/*.txt2', 'dir/dir/file.txt', false],
    ['a**/*.txt', 'a/dir/dir/file.txt', true],
    ['a/*.txt', 'a/dir/file.txt', false],
    ['a/*.txt**', 'a/file.txt', true],
    ['a[b-d]e', 'ace', true],
    ['a[b-d]e', 'ae', false],
    ['a[^b-d]e', 'aze', true],
    ['.*', '.foo', true],
    ['.*', 'foo', false],
    ['abc.def', 'abcZdef', false],
    ['abc?def', 'abcZdef', true],
    ['abc?def', 'abc/def', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['**/.foo', 'bar.foo', false],
    ['a(b)c/def', 'a(b)c/def', true],
    ['a.|)$(}+{bc', 'a.|)$(}+{bc', true],
    ['dist/*.whl', 'dist/p-2.4.0+g08-py3.whl', true],
    ['a?b', 'a☺b', true],
    ['[a-ζ]*', 'α', true],
    ['*', 'dir/deep/file', true],
    ['dir', 'dir/deep/file', true],
    ['dir', 'other/dir', false],
    ['/dir/', 'dir/file', true],
    ['./x/../dir', 'dir', true],
    ['  dir  ', 'dir', true],
    ['FILE', 'file', false],
    ['#comment', '#comment', false],
    ['\\#name', '#name', true],
  ])('%j and %j: %j', (pattern, path, expected) => {
    expect(ignoreOf(pattern).isIgnored(path)).toBe(expected)
  })

  test.each([
    [['docs', '!docs/README.md'], 'docs/README.md', false],
    [['!docs/README.md', 'docs'], 'docs/README.md', true],
    [['**', '!util/docker/web'], 'util/docker/web/foo', false],
    [['**', '!util/docker/web', 'util/docker/web/foo'], 'util/docker/web/foo', true],
    [['*', '!*.md', 'secret.md'], 'a.md', false],
    [['*', '!*.md', 'secret.md'], 'secret.md', true],
    [['*', '! src'], 'src/a', false],
    [['docs', '!docs/keep', 'docs/keep/not'], 'docs/keep/yes', false],
    [['**/*.md', '!docs'], 'docs/a.md', true],
    [['**/*.md', '!docs/*'], 'docs/a.md', false],
    [['/!keep'], 'keep', false],
    [['*', '/!keep'], 'keep', false],
  ])('%j and %j: %j', (lines, path, expected) => {
    expect(ignoreOf(...lines).isIgnored(path)).toBe(expected)
  })

  test('malformed lines are located, all of them', () => {
    expect(findingsOf(createIgnore('ok\r\n[a\n  x\\\n!\n[]a]', 'app/.dockerignore'))).toMatchInlineSnapshot(`
      "app/.dockerignore:2:1+2 error dockerignore/pattern: "[a" is no pattern (a "[" needs its "]"; a backslash needs a character after it; "!" needs a pattern)
      app/.dockerignore:3:3+2 error dockerignore/pattern: "x\\" is no pattern (a "[" needs its "]"; a backslash needs a character after it; "!" needs a pattern)
      app/.dockerignore:4:1+1 error dockerignore/pattern: "!" is no pattern (a "[" needs its "]"; a backslash needs a character after it; "!" needs a pattern)
      app/.dockerignore:5:1+4 error dockerignore/pattern: "[]a]" is no pattern (a "[" needs its "]"; a backslash needs a character after it; "!" needs a pattern)"
    `)
  })
})

describe('skipping whole directories', () => {
  test.each([
    [['node_modules'], 'node_modules', true],
    [['node_modules', '!node_modules/keep'], 'node_modules', false],
    [['node_modules', '!node_modules/keep'], 'node_modules/other', true],
    [['*', '!src'], 'docs', true],
    [['*', '!src/main'], 'src', false],
    [['*', '!**/keep.txt'], 'docs', false],
    [['*', '!*.txt'], 'docs', true],
    [['docs/*.md'], 'docs', false],
  ])('%j and %s: %j', (lines, directory, expected) => {
    expect(ignoreOf(...lines).canSkipDirectory(directory)).toBe(expected)
  })

  test('never hides a path that is not ignored', () => {
    const atom = fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?', '!', '[ab]', '.')
    const line = fc.array(atom, { minLength: 1, maxLength: 7 }).map((atoms) => atoms.join(''))
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', '.a'), { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), path, (lines, components) => {
        const ignore = createIgnore(lines.join('\n'), '.dockerignore')
        if (!ignore.ok) return
        const full = components.join('/')
        const skipped = components.slice(0, -1).some((_, index) => {
          return ignore.value.canSkipDirectory(components.slice(0, index + 1).join('/'))
        })
        expect(skipped && !ignore.value.isIgnored(full)).toBe(false)
      }),
      { numRuns: 5000 },
    )
  })
})

test.each([
  ['*', 'abc', 3],
  ['a*/b', 'abc/b/x', 5],
  ['a*/b', 'a/c/b', undefined],
  ['**', 'a/b', 1],
  ['a/**/c', 'a/b/c', 5],
  ['a/**/c', 'a/b/b/c', undefined],
])('as a COPY source %s takes %s characters of %s', (pattern, path, length) => {
  const glob = parseGlob(pattern, 'match')
  expect(glob && followGlob(glob, path).length).toBe(length)
})

test('a pattern that makes backtracking matchers explode', () => {
  const glob = parseGlob('**/a'.repeat(30) + '/*a*a*a*a*a*a*b', 'patternmatcher')
  expect(glob && followGlob(glob, 'a/'.repeat(3000) + 'a'.repeat(3000)).length).toBeUndefined()
})
