import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { rm } from 'node:fs/promises'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import { nodeFiles } from '../../../src/images/context/file-access.ts'
import { addedDockerfile, contextTar } from '../../../src/images/context/tar.ts'
import { valueOf } from '../describe.ts'
import { identify, workspace } from '../workspace.ts'

async function contextOf(root: string) {
  const identity = valueOf(await identify(root))
  const dockerfile = { name: addedDockerfile, text: identity.dockerfileText }
  return { contextDirectory: root, files: identity.files, dockerfile, access: nodeFiles }
}

const tree = {
  Dockerfile: 'FROM scratch\nCOPY d run.sh /',
  'd/a.txt': 'aaa',
  'd/empty/': '',
  'd/link': '-> a.txt',
  'd/none': '',
  'd/big': 'x'.repeat(300_000),
  'run.sh': '#!/bin/sh',
  'not-read': '',
}

test('holds just what is read, in order, with modes and links', async () => {
  const entries: string[] = []
  const reader = extract()
  const stream = await contextTar(await contextOf(await workspace(tree)))
  stream.pipe(reader)
  for await (const entry of reader) {
    const { name, type, mode, linkname } = entry.header
    const size = (await buffer(entry)).length
    entries.push([name, type, mode.toString(8), type === 'symlink' ? linkname : size].join(' '))
  }
  expect(entries.join('\n')).toMatchInlineSnapshot(`
    "d directory 755 0
    d/a.txt file 644 3
    d/big file 644 300000
    d/empty directory 755 0
    d/link symlink 777 a.txt
    d/none file 644 0
    run.sh file 755 9
    .iamstack.Dockerfile file 644 28"
  `)
})

test('is the same for the same context, byte by byte', async () => {
  const context = await contextOf(await workspace(tree))
  const [one, two] = [await buffer(await contextTar(context)), await buffer(await contextTar(context))]
  expect(one.equals(two)).toBe(true)
})

test('a file that vanished ends the stream with an error', async () => {
  const root = await workspace(tree)
  const context = await contextOf(root)
  await rm(join(root, 'd/big'))
  await expect(buffer(await contextTar(context))).rejects.toThrow('d/big vanished while it was being sent')
})
