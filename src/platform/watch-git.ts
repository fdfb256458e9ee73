import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Milliseconds after which a lock is taken for one that a git that died left behind. */
const staleAfter = 10_000

/**
 * Whether git is changing the work tree around `folder` right now: it holds the lock of its index from before the first file of a
 * checkout, merge or stash until after the last. Where there is no work tree, never.
 */
export function watchGit(folder: string): () => boolean {
  const home = gitFolderOf(folder)
  if (home === undefined) return () => false
  const lock = join(home, 'index.lock')
  return () => {
    const made = statSync(lock, { throwIfNoEntry: false })?.ctimeMs
    return made !== undefined && Math.abs(Date.now() - made) < staleAfter
  }
}

function gitFolderOf(folder: string): string | undefined {
  for (let place = folder; ; place = dirname(place)) {
    const path = join(place, '.git')
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) return path
    // Of a linked work tree or a submodule it is a file that says where.
    if (found?.isFile())
      return resolve(
        place,
        readFileSync(path, 'utf8')
          .replace(/^gitdir: /, '')
          .trim(),
      )
    if (dirname(place) === place) return undefined
  }
}
