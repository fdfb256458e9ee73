import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two looks at a lock that another holds. */
const pause = 5

/** Runs `action` while nobody else, in this process or another of this machine, holds the lock file. */
export async function withFileLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  const mark = `${String(process.pid)} ${randomUUID()}`
  while (!(await take(file, mark))) await sleep(pause)
  try {
    return await action()
  } finally {
    await rm(file, { force: true })
  }
}

async function take(file: string, mark: string): Promise<boolean> {
  try {
    await writeFile(file, mark, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  const holder = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  })
  // A holder that died cannot give the lock back. An empty file is one that is just being written.
  if (holder !== '' && !isAlive(Number(holder.split(' ', 1)[0]))) await rm(file, { force: true })
  return false
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
