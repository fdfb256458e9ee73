import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandError, run } from '../platform/run.ts'
import type { Commit } from './revision.ts'

/** The commit that a folder is at; undefined where there is no git, no repository or no commit. One call of git. */
export async function commitOf(folder: string): Promise<Commit | undefined> {
  if (!isInRepository(folder)) return undefined
  try {
    const { exitCode, stdout } = await run(
      ['git', 'status', '--porcelain=v2', '--branch', '--untracked-files=no'],
      { cwd: folder, timeout: patience },
    )
    return exitCode === 0 ? commitIn(stdout) : undefined
  } catch (error) {
    // Who did it and when is worth more than this, so it is never waited for long.
    if (error instanceof CommandError) return undefined
    throw error
  }
}

/** Looked up without git, whose start takes longer than everything else here. */
function isInRepository(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true
  const above = dirname(folder)
  return above !== folder && isInRepository(above)
}

/** Milliseconds. */
const patience = 5_000

/** Headers begin with `#`; every other line is a file that differs (git-status, porcelain format version 2). */
function commitIn(status: string): Commit | undefined {
  const lines = status.split('\n').filter((line) => line !== '')
  const [, id] = lines.flatMap((line) => /^# branch\.oid ([0-9a-f]{12})/.exec(line) ?? [])
  return id === undefined ? undefined : { id, isDirty: lines.some((line) => !line.startsWith('#')) }
}
