import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { sceneOf } from './watch-scene.ts'

test('S124: a file in folders that were made the moment before is told, however deep', async () => {
  const scene = sceneOf()
  await scene.watch()
  const files = Array.from({ length: 100 }, (_, index) => `new-${String(index).padStart(2, '0')}/b/c/d/file`)
  for (const file of files) scene.write(file)
  expect(await scene.news()).toEqual(files)
  for (const file of files) scene.write(file, 'again')
  expect(await scene.news()).toEqual(files)
})

test('S124: a folder that is renamed takes its files along, and is watched under its new name only', async () => {
  const scene = sceneOf('old/a', 'old/deep/b')
  await scene.watch()
  renameSync(scene.at('old'), scene.at('new'))
  expect(await scene.news()).toEqual(['new/a', 'new/deep/b', 'old/a', 'old/deep/b'])
  scene.write('new/deep/b', 'edited')
  expect(await scene.news()).toEqual(['new/deep/b'])
  // Another folder under the old name is not mistaken for it.
  scene.write('old/deep/c')
  expect(await scene.news()).toEqual(['old/deep/c'])
  scene.write('new/deep/b', 'edited again')
  scene.write('old/deep/c', 'edited')
  expect(await scene.news()).toEqual(['new/deep/b', 'old/deep/c'])
})

test('two folders that change places are watched where they are', async () => {
  const scene = sceneOf('one/file', 'two/file')
  await scene.watch()
  renameSync(scene.at('one'), scene.at('three'))
  renameSync(scene.at('two'), scene.at('one'))
  renameSync(scene.at('three'), scene.at('two'))
  expect(await scene.news()).toEqual(['one/file', 'two/file'])
  scene.write('one/file', 'edited')
  expect(await scene.news()).toEqual(['one/file'])
})

test('a folder that is deleted and made again at once is watched again', async () => {
  const scene = sceneOf('dist/a', 'dist/b')
  await scene.watch()
  for (let round = 0; round < 20; round++) {
    rmSync(scene.at('dist'), { recursive: true })
    scene.write('dist/a', `round ${round}`)
    expect(await scene.news()).toContain('dist/a')
    scene.write('dist/a', 'edited')
    expect(await scene.news()).toEqual(['dist/a'])
  }
})

test('a file becomes a folder, and a folder a file', async () => {
  const scene = sceneOf('file', 'folder/inner')
  await scene.watch()
  unlinkSync(scene.at('file'))
  rmSync(scene.at('folder'), { recursive: true })
  scene.write('file/inner')
  scene.write('folder')
  expect(await scene.news()).toEqual(['file', 'file/inner', 'folder', 'folder/inner'])
  scene.write('file/inner', 'edited')
  expect(await scene.news()).toEqual(['file/inner'])
})

test('a folder that may not be read is named, the others are watched, and it is too once it may be', async () => {
  const scene = sceneOf('open/file', 'locked/file')
  chmodSync(scene.at('locked'), 0)
  asSomebodyElse(scene.folder)
  await scene.watch()
  expect(scene.errors.map(({ message, hint }) => [message.replace(scene.folder, '…'), hint])).toEqual([
    [
      '…/locked may not be read: edits in it are not seen',
      'let this user read it, or leave it out with .dockerignore',
    ],
  ])
  scene.write('open/file', 'edited')
  expect(await scene.news()).toEqual(['open/file'])
  chmodSync(scene.at('locked'), 0o755)
  expect(await scene.news()).toEqual(['locked/file'])
  scene.write('locked/file', 'edited')
  expect(await scene.news()).toEqual(['locked/file'])
})

test('a root that is a file is told of, and its neighbours are not', async () => {
  const scene = sceneOf('iamstack.yaml', 'other', 'src/file')
  await scene.watch(['iamstack.yaml'])
  scene.write('other', 'edited')
  scene.write('src/file', 'edited')
  scene.write('iamstack.yaml', 'edited')
  expect(await scene.news()).toEqual(['iamstack.yaml'])
  scene.write('.iamstack.yaml.new', 'saved')
  renameSync(scene.at('.iamstack.yaml.new'), scene.at('iamstack.yaml'))
  expect(await scene.news()).toEqual(['iamstack.yaml'])
})

test('a root that does not exist yet is found when it comes, with the way to it', async () => {
  const scene = sceneOf()
  await scene.watch(['to/come/src', 'to/come/.env'])
  scene.write('to/other', 'not wanted')
  scene.write('to/come/other', 'not wanted')
  scene.write('to/come/src/a/file')
  scene.write('to/come/.env')
  expect(await scene.news()).toEqual(['to/come/.env', 'to/come/src/a/file'])
  rmSync(scene.at('to'), { recursive: true })
  expect(await scene.news()).toEqual(['to/come/.env', 'to/come/src/a/file'])
  scene.write('to/come/src/b')
  expect(await scene.news()).toEqual(['to/come/src/b'])
  scene.write('to/come/src/b', 'edited')
  expect(await scene.news()).toEqual(['to/come/src/b'])
})

test('a root that vanishes with the folder above it is watched again when both come back', async () => {
  const scene = sceneOf('parent/root/file')
  await scene.watch(['parent/root'])
  renameSync(scene.at('parent'), scene.at('aside'))
  expect(await scene.news()).toEqual(['parent/root/file'])
  scene.write('aside/root/file', 'nobody asked')
  expect(await scene.news()).toEqual([])
  scene.write('parent/root/other')
  expect(await scene.news()).toEqual(['parent/root/other'])
  scene.write('parent/root/other', 'edited')
  expect(await scene.news()).toEqual(['parent/root/other'])
})

test('a root that is a link to a folder is watched there, also when it comes to point elsewhere', async () => {
  const scene = sceneOf('releases/1/file', 'releases/2/file')
  symlinkSync('releases/1', scene.at('current'))
  await scene.watch(['current'])
  scene.write('releases/1/file', 'edited')
  expect(await scene.news()).toEqual(['current/file'])
  symlinkSync('releases/2', scene.at('next'))
  renameSync(scene.at('next'), scene.at('current'))
  expect(await scene.news()).toEqual(['current/file'])
  scene.write('releases/1/file', 'edited again')
  expect(await scene.news()).toEqual([])
  scene.write('releases/2/file', 'edited')
  expect(await scene.news()).toEqual(['current/file'])
})

test('roots inside roots, added and removed while watching', async () => {
  const scene = sceneOf('app/src/a', 'app/docs/b', 'lib/c')
  const watcher = await scene.watch(['app/src'])
  scene.write('app/docs/b', 'edited')
  scene.write('lib/c', 'edited')
  expect(await scene.news()).toEqual([])
  watcher.add([scene.at('app'), scene.at('lib')])
  await watcher.settled()
  expect(await scene.news()).toEqual([])
  scene.write('app/src/a', 'edited')
  scene.write('app/docs/b', 'edited again')
  scene.write('lib/c', 'edited again')
  expect(await scene.news()).toEqual(['app/docs/b', 'app/src/a', 'lib/c'])
  watcher.remove([scene.at('app'), scene.at('lib')])
  scene.write('app/src/a', 'edited once more')
  scene.write('app/docs/b', 'edited once more')
  scene.write('lib/c', 'edited once more')
  expect(await scene.news()).toEqual(['app/src/a'])
  watcher.add([scene.at('lib')])
  await watcher.settled()
  scene.write('lib/c', 'and again')
  expect(await scene.news()).toEqual(['lib/c'])
})

test('what is no longer ignored is watched from the next change of the roots on', async () => {
  const ignored = new Set<string>()
  const scene = sceneOf('src/a', 'generated/b')
  ignored.add(scene.at('generated'))
  const watcher = await scene.watch(['.'], { isIgnored: (path) => ignored.has(path) })
  scene.write('generated/b', 'edited')
  expect(await scene.news()).toEqual([])
  ignored.clear()
  watcher.add([])
  await watcher.settled()
  scene.write('generated/b', 'edited again')
  expect(await scene.news()).toEqual(['generated/b'])
})

test('after closing nothing is told', async () => {
  const scene = sceneOf('a')
  const watcher = await scene.watch()
  scene.write('a', 'edited')
  await scene.news()
  await watcher.close()
  mkdirSync(scene.at('new'))
  scene.write('a', 'edited again')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(scene.told.at(-1)).toMatch(/^\.marks/)
})

/** The superuser may read everything; the test goes on as a user who may not. */
function asSomebodyElse(folder: string): void {
  if (process.getuid?.() !== 0) return
  for (const path of ['.', '.marks', 'open', 'open/file', 'locked', 'locked/file'])
    chownSync(`${folder}/${path}`, 65_534, 65_534)
  process.seteuid?.(65_534)
  onTestFinished(() => process.seteuid?.(0))
}
