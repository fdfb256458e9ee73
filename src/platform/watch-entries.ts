import { lstatSync, statSync, type Dirent, type Stats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** `other` is a FIFO, a socket or a device: never opened, never told of. */
export type Kind = 'file' | 'link' | 'folder' | 'other'

type Typed = Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>

/**
 * What is there now; nothing where nothing is. Synchronous, because the answer must belong to the event that asked: it takes
 * microseconds, and only what came or went is asked for.
 */
export function kindAt(path: string, followsLinks: boolean): Kind | undefined {
  try {
    return kindOf((followsLinks ? statSync : lstatSync)(path))
  } catch {
    // Gone, or on the way out of sight: both are no entry.
    return undefined
  }
}

/** The entries of a folder by name; nothing where there is no folder, or one that may not be read. */
export async function entriesOf(folder: string): Promise<ReadonlyMap<string, Kind> | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return new Map(entries.map((entry: Dirent) => [entry.name, kindOf(entry)]))
  } catch {
    // Whoever watches it was told why, or is told that it went.
    return undefined
  }
}

/** Whether the entry was made or written since then; epoch milliseconds. */
export function isYounger(folder: string, name: string, since: number): boolean {
  try {
    return lstatSync(join(folder, name)).ctimeMs >= since
  } catch {
    // Deleted meanwhile, which is told by its folder.
    return false
  }
}

/** Bytes that are no text become U+FFFD in a name, and nothing is found by it. */
export const isUndecodable = (name: string): boolean => name.includes('\uFFFD')

function kindOf(entry: Typed): Kind {
  if (entry.isSymbolicLink()) return 'link'
  if (entry.isDirectory()) return 'folder'
  return entry.isFile() ? 'file' : 'other'
}
