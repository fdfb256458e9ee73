import { realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { FolderWatch, OpenFolder } from './watch-tree.ts'

/**
 * Links to files: an edit of what a link points to is an edit of the link, wherever the file lies. Links to folders are not followed:
 * builders copy them as links, and some point at half the machine.
 */
export function createLinks(watchFolder: OpenFolder, tell: (path: string) => void) {
  const followed = new Map<string, { watch: FolderWatch | undefined; isGone: boolean }>()

  async function follow(path: string): Promise<void> {
    if (followed.has(path)) return
    const link = { watch: undefined as FolderWatch | undefined, isGone: false }
    followed.set(path, link)
    try {
      const target = await realpath(path)
      if (!(await stat(target)).isFile()) return
      link.watch = await watchFolder(dirname(target), (_event, name) => {
        if (name === basename(target)) tell(path)
      })
    } catch {
      // Points at nothing, or at something out of reach: the link itself is watched all the same.
      return
    }
    if (link.isGone) await link.watch.close()
  }

  function letGo(path: string): void {
    const link = followed.get(path)
    if (!link) return
    followed.delete(path)
    link.isGone = true
    void link.watch?.close()
  }

  return {
    follow,
    letGo,
    close: () => [...followed.keys()].forEach(letGo),
  }
}
