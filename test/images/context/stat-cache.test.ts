import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createStatCache, type StatCacheData } from '../../../src/images/context/stat-cache.ts'
import { valueOf } from '../describe.ts'
import { identify, workspace } from '../workspace.ts'

const at = (second: number) => new Date(Date.UTC(2020, 0, 1, 0, 0, second))

/** Commands one after the other: each looks at the files, and leaves its cache to the next. */
function commands(root: string) {
  let data: StatCacheData = {}
  return async (name: string, second: number, content?: string) => {
    if (content !== undefined) await writeFile(join(root, name), content)
    await utimes(join(root, name), at(second), at(second))
    // What changed within the last tick of the file system's clock is not remembered.
    await new Promise((resolve) => setTimeout(resolve, 60))
    const cache = createStatCache(data)
    const { files } = valueOf(await identify(root, join(root, 'Dockerfile'), cache))
    data = JSON.parse(JSON.stringify(cache.toData())) as StatCacheData
    const modified = files.find(({ path }) => path === name)?.modified ?? NaN
    return (modified - at(0).getTime()) / 1000
  }
}

test('a large file that is touched keeps the time of its content, from command to command', async () => {
  const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY large /\n' })
  const [one, two] = ['1'.repeat(70_000), '2'.repeat(70_000)]
  const command = commands(root)
  expect(await command('large', 1, one)).toBe(1)
  expect(await command('large', 2)).toBe(1)
  expect(await command('large', 3, one)).toBe(1)
  expect(await command('large', 4, two)).toBe(4)
  // Back again is a new content: what it was between may have been built from.
  expect(await command('large', 5, one)).toBe(5)
})

test('a small one has the time that it has: make compares it', async () => {
  const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY small /\n' })
  const command = commands(root)
  expect(await command('small', 1, 'x')).toBe(1)
  expect(await command('small', 2)).toBe(2)
})
