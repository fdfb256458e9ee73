import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Attempts to find the folder there: whoever releases a lock may remove an empty one at the same time. */
const mostAttempts = 5

/**
 * Writes a file for the owner alone (0600), together with the folders above it (0700), so that every reader, even after a power
 * cut, sees the old content or the new one.
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  for (let attempt = 1; ; attempt++) {
    try {
      await writeDurably(temporary, content)
      await rename(temporary, path)
      return
    } catch (error) {
      await rm(temporary, { force: true })
      if (!isMissing(error) || attempt === mostAttempts) throw error
    }
  }
}

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** True for the error of a system call that found no such file or folder. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

/** The code of a failed system call, such as `ENOENT`; undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
