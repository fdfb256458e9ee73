import { execFile } from 'node:child_process'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { watchFiles } from '../../../src/platform/watch.ts'
import type { Bench } from '../commands.ts'
import type { Scenario } from '../measure.ts'

/** Milliseconds that a count may take to become full. */
const patience = 20_000

interface Case {
  readonly what: string
  /** Acts, and gives the paths of which each must be told, relative. */
  readonly act: (folder: string) => Promise<string[]>
}

/** Row 18: no time, but how many of the edits of each kind were told. */
export function watchCorrectness(bench: Bench): Scenario {
  const counts: { what: string; told: number; of: number }[] = []
  return {
    rows: [{ number: '18', action: 'watcher: edits told of edits made', targets: {} }],
    contestants: [
      {
        name: 'ours',
        what: 'watchFiles',
        prepare: async () => {
          for (const one of cases) counts.push({ what: one.what, ...(await count(bench, one)) })
        },
        round: () => Promise.resolve([]),
      },
    ],
    also: () =>
      Promise.resolve({
        row: '18',
        text: counts.map(({ what, told, of }) => `${what} ${told}/${of}`).join(', '),
        isMet: counts.every(({ told, of }) => told === of),
      }),
  }
}

async function count(bench: Bench, { what, act }: Case): Promise<{ told: number; of: number }> {
  const folder = join(bench.folder, what.replaceAll(/\W+/g, '-'))
  await mkdir(folder)
  await prepare(folder)
  const told = new Set<string>()
  const watcher = await watchFiles({
    paths: [folder],
    isIgnored: (path) => path === join(folder, '.git'),
    onChange: (path) => told.add(relative(folder, path)),
    onError: ({ message }) => console.error(message),
  })
  const wanted = await act(folder)
  const missing = (): string[] => wanted.filter((path) => !told.has(path))
  for (const end = Date.now() + patience; missing().length > 0 && Date.now() < end;) await sleep(20)
  await watcher.close()
  return { told: wanted.length - missing().length, of: wanted.length }
}

const numbered = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(index))

/** What lies there before anybody watches. */
async function prepare(folder: string): Promise<void> {
  for (const path of numbered(50, (index) => `old/${index % 5}/file-${index}`))
    await write(folder, path, 'old')
}

const cases: readonly Case[] = [
  {
    what: 'burst of 1000',
    act: (folder) =>
      all(
        folder,
        numbered(1000, (index) => `burst-${index}`),
        write,
      ),
  },
  {
    what: 'mkdir -p + write',
    act: (folder) =>
      all(
        folder,
        numbered(100, (index) => `new-${index}/a/b/c/file`),
        write,
      ),
  },
  {
    what: 'atomic save',
    act: (folder) =>
      all(
        folder,
        numbered(50, (index) => `old/${index % 5}/file-${index}`),
        async (_, path) => {
          await write(folder, `${path}.tmp`)
          await rename(join(folder, `${path}.tmp`), join(folder, path))
        },
      ),
  },
  {
    what: 'folder rename',
    act: async (folder) => {
      await rename(join(folder, 'old'), join(folder, 'renamed'))
      return numbered(50, (index) => `${index % 5}/file-${index}`).flatMap((path) => [
        `old/${path}`,
        `renamed/${path}`,
      ])
    },
  },
  {
    what: 'edit after a folder rename',
    act: async (folder) => {
      await rename(join(folder, 'old'), join(folder, 'renamed'))
      await sleep(500)
      return all(
        folder,
        numbered(50, (index) => `renamed/${index % 5}/file-${index}`),
        write,
      )
    },
  },
  {
    what: 'delete and make again',
    act: async (folder) => {
      await rm(join(folder, 'old'), { recursive: true })
      return all(
        folder,
        numbered(50, (index) => `old/${index % 5}/again-${index}`),
        write,
      )
    },
  },
  {
    what: 'git checkout of 5000',
    act: async (folder) => {
      const git = (...words: string[]): Promise<unknown> =>
        promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], { cwd: folder })
      await git('init', '--quiet', '--initial-branch', 'main')
      await git('add', 'old')
      await git('commit', '--quiet', '--message', 'one')
      await git('switch', '--quiet', '--create', 'other')
      const files = await all(
        folder,
        numbered(5000, (index) => `tree/${index % 50}/file-${index}`),
        write,
      )
      await git('add', 'tree')
      await git('commit', '--quiet', '--message', 'two')
      await git('switch', '--quiet', 'main')
      await git('switch', '--quiet', 'other')
      return files
    },
  },
]

async function all(
  folder: string,
  paths: readonly string[],
  act: (folder: string, path: string) => Promise<void>,
): Promise<string[]> {
  for (const path of paths) await act(folder, path)
  return [...paths]
}

async function write(folder: string, path: string, text = 'new'): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), text)
}
