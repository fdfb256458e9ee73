import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { sceneOf } from './watch-scene.ts'

const program = join(dirname(fileURLToPath(import.meta.url)), 'watch-exhausted-program.ts')

/** Limits of a user namespace bind those in it alone. */
const canLimit =
  spawnSync('unshare', ['--user', '--map-root-user', 'test', '-w', '/proc/sys/user/max_inotify_watches'])
    .status === 0

function runWith(limit: string, value: number): { told: string[]; errors: string[] } {
  const scene = sceneOf()
  const script = `echo ${value} > /proc/sys/user/${limit} && exec "$@"`
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['--user', '--map-root-user', 'sh', '-c', script, 'sh'].concat(
      process.execPath,
      '--import',
      'tsx',
      program,
      scene.folder,
    ),
    { encoding: 'utf8', timeout: 30_000 },
  )
  if (stdout === '') throw new Error(stderr)
  const { told, errors } = JSON.parse(stdout) as { told: string[]; errors: string[] }
  return {
    told,
    errors: errors.map((error) => error.replaceAll(scene.folder, '…').replace(/is \d+/, 'is N')),
  }
}

const everything = [...Array.from({ length: 12 }, (_, index) => `tree/${index}/file`), 'tree/new'].sort()

test.skipIf(!canLimit)(
  'S126: without watches left, what is left over is looked at, and it is said why',
  () => {
    const { told, errors } = runWith('max_inotify_watches', 8)
    expect(told).toEqual(everything)
    // Folders are opened side by side: which of them comes too late is nobody's choice.
    expect(errors.map((error) => error.replace(/tree\/\d+/, 'tree/N'))).toMatchInlineSnapshot(`
    [
      "the system has no watches left (inotify, fs.inotify.max_user_watches is N): …/tree/N and 5 other folders are looked at every 1000 ms instead → sudo sysctl fs.inotify.max_user_watches=524288, then start dev again",
    ]
  `)
  },
  60_000,
)

test.skipIf(!canLimit)(
  'S126: without any inotify instance all is looked at, and it is said why',
  () => {
    const { told, errors } = runWith('max_inotify_instances', 0)
    expect(told).toEqual(everything)
    expect(errors).toMatchInlineSnapshot(`
    [
      "too many programs of this user watch files, or too many files are open (fs.inotify.max_user_instances is N): … and 13 other folders are looked at every 1000 ms instead → sudo sysctl fs.inotify.max_user_instances=512, or ulimit -n 8192, then start dev again",
    ]
  `)
  },
  60_000,
)

test('S126: one folder that the system refuses to watch is looked at, the others are watched', async () => {
  const scene = sceneOf('good/file', 'bad/file', 'bad/below/file')
  const watched = refuse(scene.at('bad'), 'ENOSPC')
  await scene.watch()
  expect(watched.map((path) => path.replace(scene.folder, '…')).sort()).toEqual(
    expect.arrayContaining(['…', '…/bad', '…/bad/below', '…/good']),
  )
  expect(scene.errors).toHaveLength(1)
  expect(scene.errors[0]?.message).toContain(`${scene.at('bad')} is looked at every 1000 ms instead`)
  for (const path of ['good/file', 'bad/file', 'bad/below/file', 'bad/new/file']) scene.write(path, 'edited')
  fs.rmSync(scene.at('bad', 'below'), { recursive: true })
  await expect
    .poll(() => [...new Set(scene.told)].sort(), { timeout: 10_000 })
    .toEqual(['bad/below/file', 'bad/file', 'bad/new/file', 'good/file'])
})

test('polling on demand sees what watching sees', async () => {
  const scene = sceneOf('a', 'deep/b', 'gone')
  await scene.watch(['.'], { pollEvery: 20 })
  scene.write('a', 'edited')
  scene.write('deep/b', 'edited')
  scene.write('new/c')
  fs.unlinkSync(scene.at('gone'))
  expect(scene.errors).toEqual([])
  await expect
    .poll(() => [...new Set(scene.told)].sort(), { timeout: 10_000 })
    .toEqual(['a', 'deep/b', 'gone', 'new/c'])
})

/** From now on this folder cannot be watched; the folders that somebody tried to watch. */
function refuse(folder: string, code: string): string[] {
  const tried: string[] = []
  const real = fs.watch
  const fake = (path: string, ...rest: unknown[]): unknown => {
    tried.push(path)
    if (path === folder) throw Object.assign(new Error(`${code}: refused`), { code, path })
    return Reflect.apply(real, fs, [path, ...rest])
  }
  fs.watch = fake as typeof fs.watch
  syncBuiltinESMExports()
  onTestFinished(() => {
    fs.watch = real
    syncBuiltinESMExports()
  })
  return tried
}
