import { basename, sep } from 'node:path'

export interface Watcher {
  /** Watches these as well; what is watched already stays so. */
  add(paths: readonly string[]): void
  close(): Promise<void>
}

export interface WatchOptions {
  /** Files and folders, absolute. Folders are watched with everything below that is not ignored. */
  readonly paths: readonly string[]
  /** Asked before a folder is entered, so that what is ignored costs nothing. */
  readonly isIgnored: (path: string) => boolean
  readonly onChange: (path: string) => void
  readonly onError: (error: WatchError) => void
  /** Looks again every so many milliseconds where the file system tells no events (network drives, /mnt/c). */
  readonly pollEvery?: number
}

/** The watcher is blind for some reason; `hint` is the cure. */
export class WatchError extends Error {
  override readonly name = 'WatchError'
  readonly hint: string

  constructor(message: string, hint: string, cause: unknown) {
    super(message, { cause })
    this.hint = hint
  }
}

/** Comes back when everything is being watched: an edit made later is seen. Sole importer of chokidar. */
export async function watchFiles(options: WatchOptions): Promise<Watcher> {
  const { watch } = await import('chokidar')
  const watcher = watch([...options.paths], {
    ignored: (path) => options.isIgnored(path),
    ignoreInitial: true,
    followSymlinks: false,
    // An atomic save (write beside, rename over) shows as one change.
    atomic: 20,
    ...(options.pollEvery !== undefined && {
      usePolling: true,
      interval: options.pollEvery,
      binaryInterval: options.pollEvery,
    }),
  })
  const edits = untoldEdits(options.onChange)
  watcher.on('all', (_event, path) => edits.told(path))
  watcher.on('raw', (_event, name: string | null, details) => edits.stirred(name, details))
  watcher.on('error', (error) => options.onError(explain(error)))
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()))
  return {
    add: (paths) => void watcher.add([...paths]),
    close: () => {
      edits.close()
      return watcher.close()
    },
  }
}

/** A little longer than chokidar tells nothing more of a file that it told of (50 ms, `_throttle` in its `_emit`); milliseconds. */
const blindMilliseconds = 60

/**
 * Passes edits on, and those that chokidar swallows too: a second write right behind the first, such as a formatter's behind the
 * editor's, shows only as a raw event. A file that stirred and of which nothing was told meanwhile is told of here.
 */
function untoldEdits(onChange: (path: string) => void) {
  const timers = new Map<string, NodeJS.Timeout>()
  const told = (path: string): void => {
    clearTimeout(timers.get(path))
    timers.delete(path)
    onChange(path)
  }
  return {
    told,
    stirred(name: string | null, details: unknown): void {
      const path = watchedPathOf(details)
      // A folder's event carries the name of what is in it, and comes with one of the file's own.
      if (path === undefined || name !== basename(path) || timers.has(path)) return
      timers.set(
        path,
        setTimeout(() => told(path), blindMilliseconds),
      )
    },
    close(): void {
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}

function watchedPathOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined
}

function explain(error: unknown): WatchError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message : String(error)
  if (code === 'ENOSPC') {
    return new WatchError(
      'the system has no watches left (inotify)',
      'raise it: sudo sysctl fs.inotify.max_user_watches=524288',
      error,
    )
  }
  if (code === 'EMFILE') {
    return new WatchError(
      'too many open files to watch more',
      'raise the limit: ulimit -n 8192, or fs.inotify.max_user_instances',
      error,
    )
  }
  return new WatchError(
    `watching failed: ${message}`,
    'restart dev; edits until then are picked up by the next up',
    error,
  )
}

/** Whether `path` is `folder` or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
