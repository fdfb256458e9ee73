import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sceneOf, untilTold } from './watch-scene.ts'

test('S124: a write, a new file, a rename and a deletion are told', async () => {
  const scene = sceneOf('a', 'b', 'c')
  await scene.watch()
  scene.write('a', 'other')
  scene.write('new')
  renameSync(scene.at('b'), scene.at('moved'))
  unlinkSync(scene.at('c'))
  expect(await scene.news()).toEqual(['a', 'b', 'c', 'moved', 'new'])
})

test('a second write right behind the first is told too', async () => {
  const scene = sceneOf('stack.yaml')
  const seen: string[] = []
  await scene.watch(['.'], {
    onChange: (path) => {
      seen.push(readFileSync(path, 'utf8'))
      // As a formatter does that was waiting for the save.
      if (seen.length === 1) setTimeout(() => scene.write('stack.yaml', 'formatted'), 5)
    },
  })
  scene.write('stack.yaml', 'saved')
  await vi.waitFor(() => expect(seen.at(-1)).toBe('formatted'), { timeout: 5000 })
})

test('a file that is emptied and then written is told of with its content', async () => {
  const scene = sceneOf('page')
  const seen: string[] = []
  await scene.watch(['.'], { onChange: (path) => seen.push(readFileSync(path, 'utf8')) })
  const file = openSync(scene.at('page'), 'w')
  await new Promise((resolve) => setTimeout(resolve, 5))
  writeSync(file, 'whole')
  closeSync(file)
  await vi.waitFor(() => expect(seen).toContain('whole'), { timeout: 5000 })
  expect(seen).toEqual(['whole'])
  // Not for ever: empty is what some files are.
  truncateSync(scene.at('page'))
  await vi.waitFor(() => expect(seen.at(-1)).toBe(''), { timeout: 5000 })
})

test('S124: what editors do to save a file is told of as that file', async () => {
  const scene = sceneOf('vim.ts', 'emacs.ts', 'idea.ts', 'code.ts', 'gedit.ts', 'sublime.ts')
  await scene.watch()
  // vim: a probe, the old file becomes the backup, a new one is written, the backup goes; a swap file beside it.
  scene.write('.vim.ts.swp')
  scene.write('4913')
  unlinkSync(scene.at('4913'))
  renameSync(scene.at('vim.ts'), scene.at('vim.ts~'))
  scene.write('vim.ts', 'edited')
  unlinkSync(scene.at('vim.ts~'))
  unlinkSync(scene.at('.vim.ts.swp'))
  expect(await scene.news()).toEqual(['vim.ts'])
  // Emacs: a lock that is a dangling link, an autosave, a backup that stays.
  symlinkSync('me@here.1', scene.at('.#emacs.ts'))
  scene.write('#emacs.ts#')
  renameSync(scene.at('emacs.ts'), scene.at('emacs.ts~'))
  scene.write('emacs.ts', 'edited')
  unlinkSync(scene.at('#emacs.ts#'))
  unlinkSync(scene.at('.#emacs.ts'))
  expect(await scene.news()).toEqual(['emacs.ts'])
  // JetBrains: written beside, the old one set aside, swapped.
  scene.write('idea.ts___jb_tmp___', 'edited')
  renameSync(scene.at('idea.ts'), scene.at('idea.ts___jb_old___'))
  renameSync(scene.at('idea.ts___jb_tmp___'), scene.at('idea.ts'))
  unlinkSync(scene.at('idea.ts___jb_old___'))
  expect(await scene.news()).toEqual(['idea.ts'])
  // VS Code: in place.
  scene.write('code.ts', 'edited')
  expect(await scene.news()).toEqual(['code.ts'])
  for (const [temporary, file] of [
    ['.goutputstream-XYZ123', 'gedit.ts'],
    ['.subl1a2.tmp', 'sublime.ts'],
  ] as const) {
    scene.write(temporary, 'edited')
    renameSync(scene.at(temporary), scene.at(file))
    expect(await scene.news()).toEqual([file])
  }
})

test('S125: every file of a burst of 1000 is told, and each of its second writes', async () => {
  const scene = sceneOf()
  await scene.watch()
  const files = Array.from({ length: 1000 }, (_, index) => `burst-${String(index).padStart(4, '0')}`)
  for (const file of files) scene.write(file)
  expect(await scene.news()).toEqual(files)
  for (const file of files) appendFileSync(scene.at(file), 'more')
  expect(await scene.news()).toEqual(files)
})

test('more events than the system keeps: what it dropped is found by looking again', async () => {
  const scene = sceneOf('one', 'other', 'edited', 'deleted', 'untouched')
  // What is older than the coarsest clock of a file system is not looked at twice.
  await new Promise((resolve) => setTimeout(resolve, 200))
  await scene.watch()
  await scene.news()
  // Nobody fetches events while this runs, and the kernel keeps 16 384.
  for (let time = 1; time <= 10_000; time++) {
    utimesSync(scene.at('one'), time, time)
    utimesSync(scene.at('other'), time, time)
  }
  scene.write('edited', 'edited')
  scene.write('new/deep/file')
  unlinkSync(scene.at('deleted'))
  await untilTold(scene, 'one', 'other', 'edited', 'new/deep/file', 'deleted')
  expect(scene.told).not.toContain('untouched')
})

test('S125: a checkout of 1000 files there and back is told in full', async () => {
  const scene = sceneOf('kept')
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], {
      cwd: scene.folder,
    }).toString()
  const files = Array.from(
    { length: 5000 },
    (_, index) => `tree/${index % 50}/${index % 7}/file-${index}`,
  ).sort()
  git('init', '--quiet', '--initial-branch', 'main')
  for (const file of files.slice(0, 800)) scene.write(file, 'main')
  git('add', 'tree', 'kept')
  git('commit', '--quiet', '--message', 'one')
  git('switch', '--quiet', '--create', 'other')
  for (const file of files.slice(200)) scene.write(file, 'other')
  for (const file of files.slice(0, 200)) unlinkSync(scene.at(file))
  git('add', '--all', 'tree')
  git('commit', '--quiet', '--message', 'two')
  await scene.watch(['.'], { isIgnored: (path) => path === scene.at('.git') })
  git('switch', '--quiet', 'main')
  await untilTold(scene, ...files)
  expect(await scene.news()).toEqual(files)
  git('switch', '--quiet', 'other')
  await untilTold(scene, ...files)
  expect(await scene.news()).toEqual(files)
}, 120_000)

test('odd names are told as they are; undecodable ones are told at all', async () => {
  const scene = sceneOf()
  await scene.watch()
  const names = [
    'with space',
    'with\nnewline',
    'back\\slash',
    '"quoted"',
    "it's",
    '-dash',
    '*',
    'ünïcödé',
    '😀',
  ]
  for (const name of names) scene.write(name)
  expect(await scene.news()).toEqual([...names].sort())
  for (const name of names) scene.write(`in ${name}/file`)
  expect(await scene.news()).toEqual(names.map((name) => `in ${name}/file`).sort())
  if (process.platform === 'linux') {
    writeFileSync(Buffer.concat([Buffer.from(`${scene.folder}/latin-`), Buffer.from([0xe9])]), 'text')
    expect(await scene.news()).toEqual(['latin-\uFFFD'])
  }
})

test('a folder whose name the watcher cannot say is named', async () => {
  const scene = sceneOf('a\\b/file')
  await scene.watch()
  expect(scene.errors.map(({ message, hint }) => [message.replace(scene.folder, '…'), hint]))
    .toMatchInlineSnapshot(`
    [
      [
        "…/a\\b cannot be watched: a backslash in its path",
        "edits in it are picked up by the next up",
      ],
    ]
  `)
})

test('a file whose letters change case is told under both names', async () => {
  const scene = sceneOf('readme.md')
  await scene.watch()
  renameSync(scene.at('readme.md'), scene.at('README.md'))
  expect(await scene.news()).toEqual(['README.md', 'readme.md'])
})

test('FIFOs and sockets are neither opened nor told of', async () => {
  const scene = sceneOf('file')
  execFileSync('mkfifo', [scene.at('early')])
  await scene.watch()
  execFileSync('mkfifo', [scene.at('late')])
  const server = createServer().listen(scene.at('socket'))
  onTestFinished(() => void server.close())
  utimesSync(scene.at('early'), 1, 1)
  scene.write('file', 'edited')
  expect(await scene.news()).toEqual(['file'])
})

test('a file that may not be read is told of all the same', async () => {
  const scene = sceneOf('locked')
  chmodSync(scene.at('locked'), 0)
  await scene.watch()
  chmodSync(scene.at('locked'), 0o200)
  expect(await scene.news()).toEqual(['locked'])
})

test('what is ignored is not entered, and files that are ignored are not told of', async () => {
  const asked: string[] = []
  const scene = sceneOf('src/a', 'state/log', 'state/deep/log')
  await scene.watch(['.'], {
    isIgnored: (path) => {
      asked.push(path)
      return path === scene.at('state') || path.endsWith('.log')
    },
  })
  expect(asked).not.toContain(scene.at('state', 'deep'))
  scene.write('state/log', 'more')
  scene.write('state/deep/new')
  scene.write('src/a.log')
  scene.write('src/a', 'edited')
  expect(await scene.news()).toEqual(['src/a'])
})

test('a link is told when it comes to point elsewhere, and when the file it points to is edited', async () => {
  const scene = sceneOf('outside/one', 'outside/two', 'outside/folder/file', 'tree/file')
  symlinkSync('../outside/one', scene.at('tree', 'link'))
  symlinkSync('../outside/folder', scene.at('tree', 'folder-link'))
  symlinkSync('../nowhere', scene.at('tree', 'dangling'))
  symlinkSync('.', scene.at('tree', 'loop'))
  await scene.watch(['tree'])
  scene.write('outside/one', 'edited')
  expect(await scene.news()).toEqual(['tree/link'])
  rmSync(scene.at('tree', 'link'))
  symlinkSync('../outside/two', scene.at('tree', 'link'))
  expect(await scene.news()).toEqual(['tree/link'])
  scene.write('outside/one', 'edited again')
  scene.write('outside/two', 'edited')
  expect(await scene.news()).toEqual(['tree/link'])
  scene.write('outside/folder/file', 'edited')
  expect(await scene.news()).toEqual([])
  mkdirSync(scene.at('elsewhere'))
  symlinkSync('../elsewhere', scene.at('tree', 'next'))
  renameSync(scene.at('tree', 'next'), scene.at('tree', 'folder-link'))
  expect(await scene.news()).toEqual(['tree/folder-link'])
})
