import { expect, test } from 'vitest'
import type { SyncedEntry } from '../../../src/platform/engine/file-sync-wire.ts'
import { inWalkOrder } from '../../../src/platform/engine/walk-order.ts'

function entry(path: string): SyncedEntry {
  const isDirectory = path.endsWith('/')
  return {
    path: isDirectory ? path.slice(0, -1) : path,
    kind: isDirectory ? 'directory' : 'file',
    mode: isDirectory ? 0o700 : 0o644,
    size: 0,
    modified: 5n,
    target: '',
  }
}

const ordered = (...paths: string[]) =>
  inWalkOrder(paths.map(entry)).map(
    ({ path, kind, mode }) => `${path}${kind === 'directory' ? `/ ${mode.toString(8)}` : ''}`,
  )

test('a directory is walked before names that go on where its own ends', () => {
  expect(ordered('a.b', 'a b', 'a/', 'a/z', 'a-b', 'ab')).toEqual([
    'a/ 700',
    'a/z',
    'a b',
    'a-b',
    'a.b',
    'ab',
  ])
})

test('names are compared by their bytes, not as JavaScript compares texts', () => {
  // U+FF5E is one unit of UTF-16 and above the two that U+1F600 takes; in UTF-8 it is below.
  expect(ordered('\u{1F600}', '～', 'é', 'z', 'a\nb')).toEqual(['a\nb', 'z', 'é', '～', '\u{1F600}'])
})

test('directories that nobody listed are added, once each, with the mode that they get from a tar', () => {
  expect(ordered('x/y/z/1', 'x/y/z/2', 'x/w/', 'x/y.txt')).toEqual([
    'x/ 755',
    'x/w/ 700',
    'x/y/ 755',
    'x/y/z/ 755',
    'x/y/z/1',
    'x/y/z/2',
    'x/y.txt',
  ])
})

test('nothing stays nothing', () => {
  expect(ordered()).toEqual([])
})
