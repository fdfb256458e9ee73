import { execFileSync } from 'node:child_process'
import { unlinkSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { watchGit } from '../../src/platform/watch-git.ts'
import { sceneOf } from './watch-scene.ts'

function git(folder: string, ...words: string[]): void {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], { cwd: folder })
}

test('git is busy while it holds the lock of its index, seen from any folder of the work tree', () => {
  const scene = sceneOf('src/deep/file')
  git(scene.folder, 'init', '--quiet')
  const isBusy = watchGit(scene.at('src', 'deep'))
  expect(isBusy()).toBe(false)
  scene.write('.git/index.lock')
  expect(isBusy()).toBe(true)
  unlinkSync(scene.at('.git', 'index.lock'))
  expect(isBusy()).toBe(false)
})

test('a linked work tree has a lock of its own', () => {
  const scene = sceneOf('main/file')
  git(scene.at('main'), 'init', '--quiet')
  git(scene.at('main'), 'add', 'file')
  git(scene.at('main'), 'commit', '--quiet', '--message', 'one')
  git(scene.at('main'), 'worktree', 'add', '--quiet', '-b', 'other', scene.at('linked'))
  const isBusy = [watchGit(scene.at('main')), watchGit(scene.at('linked'))]
  scene.write('main/.git/worktrees/linked/index.lock')
  expect(isBusy.map((ask) => ask())).toEqual([false, true])
})

test('a lock that was left behind does not hold edits back for ever, nor does a clock that jumps', () => {
  const scene = sceneOf('file')
  git(scene.folder, 'init', '--quiet')
  const isBusy = watchGit(scene.folder)
  scene.write('.git/index.lock')
  vi.useFakeTimers({ now: Date.now() + 60_000 })
  expect(isBusy()).toBe(false)
  vi.setSystemTime(Date.now() - 7_200_000)
  expect(isBusy()).toBe(false)
  vi.useRealTimers()
})

test('without a work tree git is never busy', () => {
  const scene = sceneOf('file')
  expect(watchGit(scene.folder)()).toBe(false)
})
