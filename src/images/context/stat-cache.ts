import type { FileStat } from './file-access.ts'

/** Remembers content hashes by what `stat` says, so that a second run reads no file. */
export interface StatCache {
  readonly find: (path: string, stat: FileStat) => string | undefined
  /** `readAt`: when the reading of the content began, in milliseconds since 1970. */
  readonly store: (path: string, stat: FileStat, sha256: string, readAt: number) => void
  /** The cache as plain data, to be kept between commands. Entries that this run did not use are left out. */
  readonly toData: () => StatCacheData
}

/** Absolute path → `[fingerprint, sha256]`. */
export type StatCacheData = Readonly<Record<string, readonly [string, string]>>

/**
 * A file that changed this shortly before it was read may change again without its times changing (clocks of file systems tick
 * every few milliseconds, some every two seconds), so it is hashed anew next time, as git does with "racy" entries.
 */
const tick = 20
const coarseTick = 2000

export function createStatCache(data: StatCacheData = {}): StatCache {
  const known = new Map(Object.entries(data))
  const used = new Map<string, readonly [string, string]>()
  return {
    find: (path, stat) => {
      const entry = used.get(path) ?? known.get(path)
      if (entry?.[0] !== stat.fingerprint) return undefined
      used.set(path, entry)
      return entry[1]
    },
    store: (path, stat, sha256, readAt) => {
      const isCoarse = Number.isInteger(stat.changed / 1000)
      if (readAt - stat.changed > (isCoarse ? coarseTick : tick)) used.set(path, [stat.fingerprint, sha256])
    },
    toData: () => Object.fromEntries(used),
  }
}
