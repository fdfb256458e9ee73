import { stat } from 'node:fs/promises'
import type { Opened } from '../session/opened.ts'

/** A stack that is read again when its files were edited. */
export interface StackOfNow {
  now(): Opened
  /** Looks at its files first. A broken edit keeps the last good stack, and is told once. */
  renew(): Promise<Opened>
  /** Whoever opened the first one closes that. */
  close(): Promise<void>
}

export async function followingFiles(first: Opened): Promise<StackOfNow> {
  let now = first
  let marks = await marksOf(first.watch)
  const closeOwn = async (): Promise<void> => {
    if (now !== first) await now.close()
  }
  return {
    now: () => now,
    async renew() {
      const seen = await marksOf(now.watch)
      if (seen === marks) return now
      marks = seen
      const next = await now.reload()
      if (!next) return now
      await closeOwn()
      now = next
      marks = await marksOf(now.watch)
      return now
    },
    close: closeOwn,
  }
}

async function marksOf(paths: readonly string[]): Promise<string> {
  const marks = paths.map(async (path) => {
    const status = await stat(path).catch(() => undefined)
    return status ? `${path} ${status.mtimeMs} ${status.size}` : path
  })
  return (await Promise.all(marks)).join('\n')
}
