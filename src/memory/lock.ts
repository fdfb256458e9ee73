import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isRunning } from '../platform/process-identity.ts'
import { codeOf, isMissing } from './atomic-file.ts'
import { LockedError, type LockHolder, type MemoryLock } from './memory.ts'
import { userName } from './user-name.ts'

/** Milliseconds without a heartbeat after which a holder has lost its lock. */
const patience = 15_000
/** Milliseconds between heartbeats. */
const beat = 5_000
/** How often others may be seen to come and go before that counts as a fault of ours. */
const mostAttempts = 100

/** What a lock file holds. Its heartbeat is the time of its last modification, so beating can never touch a successor's file. */
interface Claim {
  readonly nonce: string
  readonly pid: number
  readonly startTime: string | undefined
  readonly host: string
  readonly user: string
  readonly purpose: string
  readonly since: number
}

/**
 * Takes the lock at `path`, or throws LockedError at once while a live holder has it. Only giving a file a name that must
 * not be taken and renaming are relied upon, which every local file system does atomically.
 */
export async function takeLock(path: string, purpose: string): Promise<MemoryLock> {
  const claim: Claim = {
    nonce: randomBytes(8).toString('hex'),
    pid: process.pid,
    startTime: (await identify(process.pid))?.startTime,
    host: hostname(),
    user: userName(),
    purpose,
    since: Date.now(),
  }
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const file = (await createOwned(path, claim)) ?? (await takeOver(path, claim))
    if (file) return keep(path, file)
  }
  throw new Error(`${path} changed its owner ${String(mostAttempts)} times while it was being taken`)
}

/**
 * Succeeds a holder that lost its lock. Of several successors only the one that creates `<lock>.after-<nonce of the lost one>`
 * may replace the lock, and it looks again before it does; one that died half-way is succeeded by the same rule. Undefined when
 * the lock changed meanwhile and is to be looked at anew.
 */
async function takeOver(path: string, claim: Claim): Promise<FileHandle | undefined> {
  const lost = await readLost(path)
  if (!lost) return undefined
  const right = `${path}.after-${lost}`
  const owned = (await createOwned(right, claim)) ?? (await takeOver(right, claim))
  if (!owned) return undefined
  try {
    if ((await readLost(path)) !== lost) return undefined
    const next = `${path}.${claim.nonce}`
    const file = await createOwned(next, claim)
    if (!file) return undefined
    await rename(next, path)
    return file
  } finally {
    await owned.close()
    await rm(right, { force: true })
  }
}

/** The nonce of a holder that lost the file; undefined when it is free. Throws LockedError while the holder lives. */
async function readLost(path: string): Promise<string | undefined> {
  const found = await lookAtWritten(path)
  if (!found) return undefined
  const { claim, heartbeat, inode } = found
  const isBeating = Date.now() - heartbeat <= patience
  if (!claim) {
    // Its writer died between creating and writing it, or is very slow.
    if (isBeating) throw new LockedError(holderOf(unknownClaim(heartbeat), heartbeat))
    return String(inode)
  }
  if (isBeating && (await mayLive(claim))) throw new LockedError(holderOf(claim, heartbeat))
  return claim.nonce
}

/** A file is there a moment before its content is. */
async function lookAtWritten(path: string): Promise<Found | undefined> {
  for (let looks = 1; ; looks++) {
    const found = await look(path)
    if (!found || found.claim || looks === mostLooks) return found
    await sleep(pauseBetweenLooks)
  }
}

const mostLooks = 20
const pauseBetweenLooks = 5

interface Found {
  readonly claim: Claim | undefined
  readonly heartbeat: number
  readonly inode: number
}

/** Content and heartbeat of one and the same file, even when another takes its place meanwhile. */
async function look(path: string): Promise<Found | undefined> {
  const file = await openIfThere(path)
  if (!file) return undefined
  try {
    const { mtimeMs, ino } = await file.stat()
    return { claim: claimOf(await file.readFile('utf8')), heartbeat: mtimeMs, inode: ino }
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Of another machine (a shared home folder) only the heartbeat can tell. */
async function mayLive({ host, pid, startTime }: Claim): Promise<boolean> {
  if (host !== hostname()) return true
  return startTime === undefined ? (await identify(pid)) !== undefined : isRunning({ pid, startTime })
}

/**
 * The file with its content, from its first moment: it is written under another name and linked to its own, which fails when that
 * is taken. Where files cannot be linked (exFAT), it is there a moment before its content is.
 */
async function createOwned(path: string, claim: Claim): Promise<FileHandle | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.draft-${randomBytes(6).toString('hex')}`
  const file = await createNew(draft)
  if (!file) return undefined
  try {
    await file.writeFile(JSON.stringify(claim))
    await link(draft, path)
    return file
  } catch (error) {
    await file.close()
    const code = codeOf(error)
    if (code === 'EEXIST' || isMissing(error)) return undefined
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS')
      return await createAndWrite(path, claim)
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function createAndWrite(path: string, claim: Claim): Promise<FileHandle | undefined> {
  const file = await createNew(path)
  if (!file) return undefined
  try {
    await file.writeFile(JSON.stringify(claim))
    return file
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
}

async function createNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    // The folder can be removed by a holder that just released its lock.
    if (codeOf(error) === 'EEXIST' || isMissing(error)) return undefined
    throw error
  }
}

function keep(path: string, file: FileHandle): MemoryLock {
  const timer = setInterval(() => {
    const now = new Date()
    // A failed beat loses the lock to others in time, which is what a heartbeat is for.
    file.utimes(now, now).catch(() => undefined)
  }, beat)
  timer.unref()
  let released: Promise<void> | undefined
  return { release: () => (released ??= letGo(path, file, timer)) }
}

async function letGo(path: string, file: FileHandle, timer: NodeJS.Timeout): Promise<void> {
  clearInterval(timer)
  try {
    // Not a successor's: this holder may have been suspended for longer than others waited.
    if ((await look(path))?.inode === (await file.stat()).ino) await rm(path, { force: true })
  } finally {
    await file.close()
  }
}

function claimOf(text: string): Claim | undefined {
  try {
    return JSON.parse(text) as Claim
  } catch {
    return undefined
  }
}

function unknownClaim(since: number): Claim {
  return {
    nonce: '',
    pid: 0,
    startTime: undefined,
    host: hostname(),
    user: 'somebody',
    purpose: 'starting',
    since,
  }
}

function holderOf({ pid, host, user, purpose, since }: Claim, heartbeat: number): LockHolder {
  return { pid, host, user, purpose, since, heartbeat }
}
