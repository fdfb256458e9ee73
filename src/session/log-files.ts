import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * How logs lie on disk. Every start of a process has two files of its own, which it writes itself: lines survive us, and
 * nobody can lose one by renaming or truncating a file under a writer. A third file tells when bytes came:
 *
 *     <slot>-<run>-<source>.stdout   <slot>-<run>-<source>.stderr   <slot>-<run>-<source>.times
 *
 * `source` is `main` or `init.<name>`. Old starts are dropped whole; a long one is shortened from its head by a hole in the
 * file (see `log-keeper.ts`).
 */
export interface LogFile {
  readonly slot: number
  /** Counts the starts in this slot. */
  readonly run: number
  readonly source: string
  readonly stream: 'stdout' | 'stderr'
  readonly path: string
}

export const streams = ['stdout', 'stderr'] as const

export function logName(slot: number, run: number, source: string): string {
  return `${String(slot)}-${String(run)}-${source}`
}

/** Every log in a folder, oldest start first; empty when the folder is not there. */
export async function logFilesIn(folder: string): Promise<LogFile[]> {
  const names = await readdir(folder).catch(() => [])
  const files = names.flatMap((name): LogFile[] => {
    const match = /^(\d+)-(\d+)-(.+)\.(stdout|stderr)$/.exec(name)
    if (!match) return []
    const [, slot = '', run = '', source = '', stream = ''] = match
    return [
      {
        slot: Number(slot),
        run: Number(run),
        source,
        stream: stream as LogFile['stream'],
        path: join(folder, name),
      },
    ]
  })
  return files.sort((one, other) => one.run - other.run || one.slot - other.slot)
}

/** When the bytes of a start's two files came, as far as anyone watched. */
export interface Arrivals {
  /** Epoch milliseconds at which the byte at `offset` was there; undefined behind the last entry. */
  timeOf(stream: LogFile['stream'], offset: number): number | undefined
  /** Where the file begins: what stood before was dropped. */
  startOf(stream: LogFile['stream']): number
}

export async function readArrivals(path: string): Promise<Arrivals> {
  return parseArrivals(await readFile(path, 'utf8').catch(() => ''))
}

/** Lines of `<epoch ms> <bytes of stdout> <bytes of stderr>`, and `cut <bytes of stdout> <bytes of stderr>`. */
export function parseArrivals(text: string): Arrivals {
  const entries: { time: number; stdout: number; stderr: number }[] = []
  const start = { stdout: 0, stderr: 0 }
  for (const line of text.split('\n')) {
    const [time, stdout, stderr] = line.split(' ')
    if (stderr === undefined) continue
    if (time === 'cut') Object.assign(start, { stdout: Number(stdout), stderr: Number(stderr) })
    else entries.push({ time: Number(time), stdout: Number(stdout), stderr: Number(stderr) })
  }
  return {
    startOf: (stream) => start[stream],
    timeOf(stream, offset) {
      let low = 0
      let high = entries.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((entries[middle]?.[stream] ?? 0) > offset) high = middle
        else low = middle + 1
      }
      return entries[low]?.time
    },
  }
}
