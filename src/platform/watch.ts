import { resolve, sep } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WatchError } from './watch-blindness.ts'
import { createPace } from './watch-pace.ts'
import { createTree, type FolderListener, type FolderWatch } from './watch-tree.ts'

export { WatchError } from './watch-blindness.ts'
export { isWithin } from './watch-roots.ts'

export interface Watcher {
  /** Watches these as well; what is watched already stays so. What was ignored is asked for again. */
  add(paths: readonly string[]): void
  /** Lets go of these. What lies below another watched path goes on being watched. */
  remove(paths: readonly string[]): void
  /** Resolves when all that was added or came into being meanwhile is watched and told of. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface WatchOptions {
  /**
   * Files and folders, absolute, there or not yet. Folders are watched with everything below that is not ignored; of a file's
   * folder nothing else is told.
   */
  readonly paths: readonly string[]
  /** Asked before a folder is entered, so that what is ignored costs nothing, and before a file is told of. */
  readonly isIgnored: (path: string) => boolean
  /** A file was made, written, renamed or deleted. Never called for folders, FIFOs, sockets and temporary files of editors. */
  readonly onChange: (path: string) => void
  /** Something cannot be watched; what could be done about it was done and stands in the message. */
  readonly onError: (error: WatchError) => void
  /** Looks every so many milliseconds at everything, instead of being told; default: only where nothing is told (see docs/watching.md). */
  readonly pollEvery?: number
}

/** Milliseconds between two looks at what the system tells nothing of. */
const defaultPollEvery = 1000

/** Comes back when everything is being watched: an edit made later is seen. Sole importer of chokidar. */
export async function watchFiles(options: WatchOptions): Promise<Watcher> {
  const eyes = await openEyes(options)
  const pace = createPace(options.onChange)
  const tree = createTree({
    isIgnored: options.isIgnored,
    told: (path) => pace.stirred(path),
    onError: options.onError,
    alwaysPolls: options.pollEvery !== undefined,
    pollEvery: options.pollEvery ?? defaultPollEvery,
    ...eyes,
  })
  const settled = async (): Promise<void> => {
    await tree.settled()
    // What was found at last is passed on behind it.
    await nextTurn()
  }
  tree.add(options.paths.map((path) => resolve(path)))
  await settled()
  return {
    add: (paths) => tree.add(paths.map((path) => resolve(path))),
    remove: (paths) => tree.remove(paths.map((path) => resolve(path))),
    settled,
    close: async () => {
      pace.close()
      await tree.close()
    },
  }
}

/** The two ways to learn what happens in one folder, both by chokidar. */
async function openEyes({ isIgnored, pollEvery = defaultPollEvery }: WatchOptions) {
  const { FSWatcher } = await import('chokidar')

  /**
   * chokidar as it is lists a folder and asks for the state of each file in it, when it begins and again at every event, and opens
   * a watch for every file: 5.6 s and 50 000 watches for 50 000 files. The tree keeps its own books, so a folder's watch suffices.
   */
  class FolderWatcher extends FSWatcher {
    override _readdirp(): undefined {
      return undefined
    }
  }

  return {
    watchFolder: (path: string, listener: FolderListener): Promise<FolderWatch> => {
      const watcher = new FolderWatcher({ ignored: (each) => each !== path, atomic: false })
      watcher.on('raw', (event, name: string | null) => {
        listener(event === 'change' ? 'change' : 'rename', name)
      })
      return untilReady(watcher, path)
    },
    pollFolder: (path: string, listener: FolderListener): Promise<FolderWatch> => {
      const watcher = new FSWatcher({
        usePolling: true,
        interval: pollEvery,
        binaryInterval: pollEvery,
        depth: 0,
        ignoreInitial: true,
        followSymlinks: false,
        atomic: false,
        ignored: (each) => each !== path && isIgnored(each),
      })
      watcher.on('all', (event, each) => {
        listener(event === 'change' ? 'change' : 'rename', each.slice(each.lastIndexOf(sep) + 1))
      })
      return untilReady(watcher, path)
    },
  }
}

interface Ready {
  once(event: 'ready', listener: () => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  add(path: string): unknown
  close(): Promise<void>
}

/** Rejects with the system's error where the folder cannot be watched. A later error of the same folder changes nothing any more. */
async function untilReady(watcher: Ready, path: string): Promise<FolderWatch> {
  try {
    await new Promise<void>((done, fail) => {
      watcher.on('error', fail)
      watcher.once('ready', done)
      watcher.add(path)
    })
  } catch (error) {
    await watcher.close()
    throw error
  }
  return { close: () => watcher.close() }
}
