import { chmod, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { nodeFiles } from '../../../src/images/context/file-access.ts'
import { syncedFolders } from '../../../src/images/context/synced-folders.ts'
import type { SyncedFolder } from '../../../src/platform/engine/file-sync.ts'
import { valueOf } from '../describe.ts'
import { identify, workspace } from '../workspace.ts'

async function foldersOf(root: string) {
  const { files } = valueOf(await identify(root))
  return syncedFolders({
    contextDirectory: root,
    files,
    dockerfileText: 'FROM other\nCOPY . /\n',
    access: nodeFiles,
  })
}

async function contextOf(root: string): Promise<SyncedFolder> {
  const folder = (await foldersOf(root)).get('context')
  if (folder === undefined) throw new Error('no context')
  return folder
}

const time = new Date('2026-01-02T03:04:05.678Z')

test('what is read, in the order of a walk; a link by its target, whatever it leads to', async () => {
  const root = await workspace({
    Dockerfile: 'FROM scratch\nCOPY deep/er/ /\nCOPY a.b a /x/\n',
    'deep/er/file': 'f',
    'deep/other': '',
    'a/b': '#!/bin/sh',
    'a/none': '-> /nowhere',
    'a.b': '',
  })
  await chmod(join(root, 'a'), 0o750)
  const { entries } = await contextOf(root)
  expect(
    entries.map(({ path, kind, mode, size, target }) =>
      [path, kind, mode.toString(8), size, target].join(' '),
    ),
  ).toEqual([
    'a directory 750 0 ',
    'a/b file 755 9 ',
    'a/none link 777 0 /nowhere',
    'a.b file 644 0 ',
    'deep directory 755 0 ',
    'deep/er directory 755 0 ',
    'deep/er/file file 644 1 ',
  ])
})

test('the time of a file is its own to the second, and below that its content', async () => {
  const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY f g d /\n', f: 'one', g: 'one', 'd/': '' })
  const timesNow = async () => {
    for (const name of ['f', 'g', 'd']) await utimes(join(root, name), time, time)
    const { entries } = await contextOf(root)
    return new Map(entries.map(({ path, modified }) => [path, modified]))
  }
  const before = await timesNow()
  await writeFile(join(root, 'f'), 'two')
  const after = await timesNow()
  expect(after.get('f')).not.toBe(before.get('f'))
  expect(after.get('g')).toBe(before.get('g'))
  expect(before.get('f')).toBe(before.get('g'))
  const second = BigInt(Math.floor(time.getTime() / 1000)) * 1_000_000_000n
  expect(after.get('d')).toBe(second)
  for (const modified of [before.get('f') ?? 0n, after.get('f') ?? 0n]) {
    expect(modified - second).toBeGreaterThan(0n)
    expect(modified - second).toBeLessThan(500_000_000n)
  }
})

test('the Dockerfile comes as the text that is built, beside an ignore file that ignores nothing', async () => {
  const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': 'Dockerfile' })
  const folder = (await foldersOf(root)).get('dockerfile')
  const contents = await Promise.all(
    (folder?.entries ?? []).map(async (entry) => [
      entry.path,
      entry.size,
      folder && (await text(folder.read(entry))),
    ]),
  )
  expect(contents).toEqual([
    ['Dockerfile', 20, 'FROM other\nCOPY . /\n'],
    ['Dockerfile.dockerignore', 2, '#\n'],
  ])
})

test('a file that is not what the image was identified by is refused by its path', async () => {
  const root = await workspace({
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    gone: 'x',
    longer: 'x',
    other: 'x',
    big: 'x'.repeat(200_000),
    same: 'same',
  })
  const { entries, read } = await contextOf(root)
  await rm(join(root, 'gone'))
  await writeFile(join(root, 'longer'), 'xx')
  await writeFile(join(root, 'other'), 'y')
  await writeFile(join(root, 'big'), 'x'.repeat(300_000))
  const outcomes = await Promise.all(
    entries.map((entry) => text(read(entry)).catch((error: unknown) => String(error))),
  )
  expect(outcomes).toEqual([
    'FROM scratch\nCOPY . /\n',
    'StepError: big changed while it was being sent',
    'StepError: gone vanished while it was being sent',
    'StepError: longer changed while it was being sent',
    'StepError: other changed while it was being sent',
    'same',
  ])
})
