import { existsSync, linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify, isRunning, type ProcessIdentity } from '../platform/process-identity.ts'
import { loadRecord } from './records.ts'

/** `session.<n>`: who the one session of a state folder is and where it listens. */
export interface SessionLock extends ProcessIdentity {
  readonly socket: string
}

/** The session that runs now; undefined when there is none. */
export async function runningSession(state: string): Promise<SessionLock | undefined> {
  for (const number of locksIn(state).reverse()) {
    const lock = (await loadRecord(lockFile(state, number))) as SessionLock | undefined
    if (lock && (await isRunning(lock))) return lock
  }
  return undefined
}

/**
 * Makes this process the session of the folder; undefined when another one lives. The lock of a dead one is never taken over but
 * outnumbered: `session.<n+1>` is made exclusively, so of two that found the same corpse one fails. Whoever then sees another
 * live one came too late and withdraws. Call `release` at the end.
 */
export async function becomeSession(state: string, socket: string): Promise<{ release(): void } | undefined> {
  if (await runningSession(state)) return undefined
  const identity = await identify(process.pid)
  const number = (locksIn(state).at(-1) ?? 0) + 1
  const lock: SessionLock = { pid: process.pid, startTime: identity?.startTime ?? '', socket }
  // Written whole before it gets its name: nobody reads half a lock.
  const draft = join(state, `session-draft.${String(process.pid)}`)
  writeFileSync(draft, JSON.stringify(lock), { mode: 0o600 })
  try {
    linkSync(draft, lockFile(state, number))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const release = (): void => {
    rmSync(lockFile(state, number), { force: true })
  }
  for (const other of locksIn(state).filter((each) => each !== number)) {
    const rival = (await loadRecord(lockFile(state, other))) as SessionLock | undefined
    if (rival && (await isRunning(rival))) {
      release()
      return undefined
    }
    rmSync(lockFile(state, other), { force: true })
  }
  return { release }
}

/** Whether a session runs, or was killed and could not take its lock away. */
export function hasLocks(state: string): boolean {
  return locksIn(state).length > 0
}

/** Removes locks of sessions that were killed; true when there were any and none lives. */
export async function removeStaleLocks(state: string): Promise<boolean> {
  const numbers = locksIn(state)
  if (numbers.length === 0 || (await runningSession(state))) return false
  for (const number of numbers) rmSync(lockFile(state, number), { force: true })
  return true
}

function lockFile(state: string, number: number): string {
  return join(state, `session.${String(number)}`)
}

function locksIn(state: string): number[] {
  if (!existsSync(state)) return []
  const names = readdirSync(state).flatMap((name) => /^session\.(\d+)$/.exec(name)?.[1] ?? [])
  return names.map(Number).sort((one, other) => one - other)
}
