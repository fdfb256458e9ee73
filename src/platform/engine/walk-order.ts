import type { SyncedEntry } from './file-sync-wire.ts'

/**
 * The entries as a walk of their folder meets them, which is what BuildKit insists on: a directory before what it holds, names by
 * their bytes. Directories that hold an entry and are none themselves are added, as whoever unpacks a tar makes them.
 */
export function inWalkOrder(entries: readonly SyncedEntry[]): SyncedEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  for (const { path } of entries) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end)
      if (byPath.has(parent)) break
      byPath.set(parent, { path: parent, kind: 'directory', mode: 0o755, size: 0, modified: 0n, target: '' })
    }
  }
  return [...byPath.values()]
    .map((entry) => ({ entry, key: keyOf(entry.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry)
}

/** The byte that no name holds goes before all others, so that `a/b` comes before `a.b`. */
function keyOf(path: string): Buffer {
  return Buffer.from(path.replaceAll('/', '\0'))
}
