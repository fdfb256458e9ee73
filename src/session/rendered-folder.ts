import { readdir } from 'node:fs/promises'

/** Names in a folder; none when it is not there. */
export async function existingFiles(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
