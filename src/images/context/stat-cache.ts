import { modifiedOf, type FileStat } from './file-access.ts'

/** Remembers content hashes by what `stat` says, so that a second run reads no file. */
export interface StatCache {
  readonly find: (path: string, stat: FileStat) => string | undefined
  /** `readAt`: when the reading of the content began, in milliseconds since 1970. */
  readonly store: (path: string, stat: FileStat, sha256: string, readAt: number) => void
  /** The time of modification with which this content was met first, as far as this cache goes back: milliseconds since 1970. */
  readonly since: (path: string, stat: FileStat, sha256: string) => number
  /** The cache as plain data, to be kept between commands. Entries that this run did not use are left out. */
  readonly toData: () => StatCacheData
}

/** Absolute path → `[fingerprint, sha256]`, and where the file was touched since its content came to be, the time of that. */
export type StatCacheData = Readonly<Record<string, Entry>>

type Entry = readonly [fingerprint: string, sha256: string, since?: number]

/**
 * A file that changed this shortly before it was read may change again without its times changing (clocks of file systems tick
 * every few milliseconds, some every two seconds), so it is hashed anew next time, as git does with "racy" entries.
 */
const tick = 20
const coarseTick = 2000

export function createStatCache(data: StatCacheData = {}): StatCache {
  const known = new Map(Object.entries(data))
  const used = new Map<string, Entry>()
  const last = (path: string) => used.get(path) ?? known.get(path)
  function since(path: string, stat: FileStat, sha256: string): number {
    const entry = last(path)
    if (entry?.[1] !== sha256) return stat.modified
    return entry[2] ?? modifiedOf(entry[0])
  }

  return {
    find: (path, stat) => {
      const entry = last(path)
      if (entry?.[0] !== stat.fingerprint) return undefined
      used.set(path, entry)
      return entry[1]
    },
    store: (path, stat, sha256, readAt) => {
      const isCoarse = Number.isInteger(stat.changed / 1000)
      if (readAt - stat.changed <= (isCoarse ? coarseTick : tick)) return
      const first = since(path, stat, sha256)
      used.set(path, first === stat.modified ? [stat.fingerprint, sha256] : [stat.fingerprint, sha256, first])
    },
    since,
    toData: () => Object.fromEntries(used),
  }
}
