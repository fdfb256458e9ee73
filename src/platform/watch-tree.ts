import { basename, dirname, join, sep } from 'node:path'
import { createComplaints, explainBlindness, isExhaustion, silentFileSystem } from './watch-blindness.ts'
import type { WatchError } from './watch-blindness.ts'
import { entriesOf, isUndecodable, isYounger, kindAt, type Kind } from './watch-entries.ts'
import { createFlood } from './watch-flood.ts'
import { createLinks } from './watch-links.ts'
import { isEditorsOwn } from './watch-names.ts'
import { createRoots, nextStep } from './watch-roots.ts'

/** `rename`: an entry came or went; `change`: one was written. */
export type FolderEvent = 'rename' | 'change'

export interface FolderWatch {
  close(): Promise<void>
}

/** `name` is the entry, as far as the system tells it. A folder's own end is told with the folder's name. */
export type FolderListener = (event: FolderEvent, name: string | null) => void

/** Comes back when no event in the folder can be missed any more. Rejects with the system's error. */
export type OpenFolder = (path: string, listener: FolderListener) => Promise<FolderWatch>

export interface TreeOptions {
  readonly isIgnored: (path: string) => boolean
  readonly told: (path: string) => void
  readonly onError: (error: WatchError) => void
  readonly watchFolder: OpenFolder
  readonly pollFolder: OpenFolder
  readonly alwaysPolls: boolean
  /** Milliseconds. */
  readonly pollEvery: number
}

interface Folder {
  readonly path: string
  /** At or below a root; otherwise it only leads to one. */
  isInside: boolean
  readonly isPolled: boolean
  /** What is ignored stands here as `pruned`. */
  readonly entries: Map<string, Kind | 'pruned'>
  watch: FolderWatch | undefined
  isGone: boolean
}

/**
 * Folders that are watched one by one, and what is in them. A folder is watched first and listed then, so nothing that comes into being
 * meanwhile is missed, however deep it is nested. A folder that came, went or was renamed is watched anew, because a watch stays with
 * what it was opened on and not with the name. Above each root its parent is watched, or what exists of the way to it.
 */
export function createTree(options: TreeOptions) {
  const folders = new Map<string, Folder>()
  const roots = createRoots()
  const complaints = createComplaints(options.onError, options.pollEvery)
  const links = createLinks(options.watchFolder, options.told)
  const flood = createFlood((since) => {
    for (const folder of folders.values()) work(() => look(folder, true, since))
  })
  const waiting = new Set<() => void>()
  let underWay = 0
  let isClosed = false

  /** Begins at what exists of the way to a root. */
  async function anchor(root: string, isNews: boolean): Promise<void> {
    let place = dirname(root)
    while (kindAt(place, true) !== 'folder' && dirname(place) !== place) place = dirname(place)
    const known = folders.get(place)
    if (known) return look(known, isNews)
    const silent = options.alwaysPolls ? undefined : await silentFileSystem(place)
    if (silent !== undefined && place === dirname(root)) complaints.silent(silent, root)
    return enter(place, roots.cover(place), options.alwaysPolls || silent !== undefined, isNews)
  }

  async function enter(path: string, isInside: boolean, isPolled: boolean, isNews: boolean): Promise<void> {
    const known = folders.get(path)
    if (known) return widen(known, isInside, isNews)
    const silent = roots.has(path) && !isPolled ? await silentFileSystem(path) : undefined
    if (silent !== undefined) complaints.silent(silent, path)
    const folder: Folder = {
      path,
      isInside,
      isPolled: isPolled || silent !== undefined,
      entries: new Map(),
      watch: undefined,
      isGone: isClosed,
    }
    if (folders.has(path) || isClosed) return
    folders.set(path, folder)
    const watch = await open(folder)
    if (folder.isGone) return watch?.close()
    folder.watch = watch
    await look(folder, isNews)
    if (!watch) for (const root of roots.below(path)) meetAt(folder, nextStep(path, root), isNews)
  }

  /** Nothing where the folder can be neither watched nor looked at; that was said then. */
  async function open(folder: Folder): Promise<FolderWatch | undefined> {
    if (sep === '/' && folder.path.includes('\\')) {
      blind(folder, new Error('a backslash in its path'))
      return undefined
    }
    const listener: FolderListener = (event, name) => happened(folder, event, name)
    try {
      if (!folder.isPolled) return await options.watchFolder(folder.path, listener)
    } catch (error) {
      if (!isExhaustion(error)) {
        blind(folder, error)
        return undefined
      }
      complaints.exhausted(error, folder.path)
    }
    try {
      return await options.pollFolder(folder.path, listener)
    } catch (error) {
      blind(folder, error)
      return undefined
    }
  }

  function blind(folder: Folder, error: unknown): void {
    if (folder.isInside) options.onError(explainBlindness(error, folder.path))
  }

  /** A folder that only led to a root is wanted itself. */
  async function widen(folder: Folder, isInside: boolean, isNews: boolean): Promise<void> {
    if (folder.isInside || !isInside) return
    folder.isInside = true
    await look(folder, isNews)
  }

  /** Compares a folder with what is known of it. With `since`, what is younger (epoch milliseconds) is told of as well. */
  async function look(folder: Folder, isNews: boolean, since?: number): Promise<void> {
    const now = await entriesOf(folder.path)
    if (folder.isGone) return
    if (!now) {
      if (isFirst(folder) && kindAt(folder.path, true) === undefined) lose(folder)
      return
    }
    for (const [name, kind] of now) {
      const known = folder.entries.get(name)
      const path = join(folder.path, name)
      if (known === undefined || known === 'pruned') meet(folder, path, kind, isNews)
      else if (known === 'folder') work(() => enter(path, wantsInside(folder, path), folder.isPolled, isNews))
      else if (since !== undefined && isYounger(folder.path, name, since)) tell(folder, path)
    }
    for (const name of folder.entries.keys())
      if (!now.has(name) && kindAt(join(folder.path, name), false) === undefined) forget(folder, name, true)
  }

  function happened(folder: Folder, event: FolderEvent, name: string | null): void {
    if (folder.isGone) return
    flood.rise()
    if (name === null) {
      work(() => look(folder, true))
      return
    }
    const path = join(folder.path, name)
    const known = folder.entries.get(name)
    const isOwnEnd = event === 'rename' && name === basename(folder.path) && isFirst(folder)
    if (!folder.isInside && !roots.leadsTo(path)) {
      if (isOwnEnd) lose(folder)
      return
    }
    if (event === 'change' && known !== undefined) {
      if (known === 'file' || known === 'link') tell(folder, path)
      // Its permissions may have changed.
      if (known !== 'folder' || folders.get(path)?.watch) return
    }
    forget(folder, name, true)
    if (known === undefined && isUndecodable(name)) tell(folder, path)
    meetAt(folder, path, true)
    if (isOwnEnd && kindAt(folder.path, true) === undefined) lose(folder)
  }

  function meetAt(folder: Folder, path: string, isNews: boolean): void {
    const kind = kindAt(path, false)
    if (kind !== undefined) meet(folder, path, kind, isNews)
  }

  function meet(folder: Folder, path: string, kind: Kind, isNews: boolean): void {
    if (!folder.isInside && !roots.leadsTo(path)) return
    const isRootLink = kind === 'link' && roots.has(path)
    if (kind === 'folder' || (isRootLink && kindAt(path, true) === 'folder')) {
      const isInside = wantsInside(folder, path)
      const isWanted = isInside || roots.leadsTo(path)
      folder.entries.set(basename(path), isWanted ? 'folder' : 'pruned')
      if (isWanted) work(() => enter(path, isInside, folder.isPolled, isNews))
      return
    }
    folder.entries.set(basename(path), kind)
    if (kind === 'link') work(() => links.follow(path))
    if (isNews && kind !== 'other') tell(folder, path)
  }

  function forget(folder: Folder, name: string, isNews: boolean): void {
    const known = folder.entries.get(name)
    const path = join(folder.path, name)
    folder.entries.delete(name)
    if (known === 'folder') leave(path, isNews)
    if (known === 'link') links.letGo(path)
    if (isNews && (known === 'file' || known === 'link')) tell(folder, path)
  }

  /** Lets go of a folder and all below; what was in it is told of as deleted. */
  function leave(path: string, isNews: boolean): void {
    const folder = folders.get(path)
    if (!folder) return
    folders.delete(path)
    folder.isGone = true
    void folder.watch?.close()
    for (const name of [...folder.entries.keys()]) forget(folder, name, isNews)
  }

  /** The first folder on the way to some roots is gone: begins again with what exists now. */
  function lose(folder: Folder): void {
    leave(folder.path, true)
    for (const root of roots.below(folder.path)) work(() => anchor(root, true))
  }

  const isFirst = (folder: Folder): boolean => !folders.has(dirname(folder.path))

  const wantsInside = (folder: Folder, path: string): boolean =>
    roots.has(path) || (folder.isInside && !options.isIgnored(path))

  function tell(folder: Folder, path: string): void {
    if (!roots.has(path)) {
      if (!folder.isInside || isEditorsOwn(basename(path)) || options.isIgnored(path)) return
    }
    options.told(path)
  }

  function work(act: () => Promise<void>): void {
    underWay += 1
    void act().finally(() => {
      underWay -= 1
      if (underWay > 0) return
      complaints.say()
      for (const resolve of waiting) resolve()
      waiting.clear()
    })
  }

  return {
    add(paths: readonly string[]): void {
      for (const path of paths) roots.add(path)
      for (const path of paths) work(() => anchor(path, false))
      for (const folder of folders.values())
        if ([...folder.entries.values()].includes('pruned')) work(() => look(folder, false))
    },
    remove(paths: readonly string[]): void {
      for (const path of paths) roots.delete(path)
      for (const folder of [...folders.values()]) {
        folder.isInside &&= roots.cover(folder.path)
        if (folder.isInside || roots.below(folder.path).length > 0 || roots.has(folder.path)) continue
        leave(folder.path, false)
        folders.get(dirname(folder.path))?.entries.delete(basename(folder.path))
      }
    },
    settled: () =>
      new Promise<void>((resolve) => {
        if (underWay === 0) resolve()
        else waiting.add(resolve)
      }),
    async close(): Promise<void> {
      isClosed = true
      links.close()
      flood.close()
      const watches = [...folders.values()].map(({ watch }) => watch)
      for (const folder of folders.values()) folder.isGone = true
      folders.clear()
      await Promise.all(watches.map(async (watch) => watch?.close()))
    },
  }
}
