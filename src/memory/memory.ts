/**
 * What a target cannot tell by itself and must still be known next time: generated secrets, certificate authorities, sticky
 * ports, revisions, job identities of kept volumes, process records, the lock. One seam for all of it; on this machine a
 * folder, on Kubernetes objects in the namespace. Values are JSON. Writes are atomic: a reader sees the old or the new value.
 */
export interface Memory {
  /** The local folder of this instance (0700), for what must be files: logs, mounts, volumes of local processes. */
  readonly folder: string
  /** Keys are slash-separated words: `ports`, `secrets/db`, `revisions/3`. Undefined when absent; StepError when unreadable. */
  read(key: string): Promise<unknown>
  /** Stored with permissions for the owner alone (0600). */
  write(key: string, value: unknown): Promise<void>
  remove(key: string): Promise<void>
  list(prefix: string): Promise<string[]>
  /**
   * Exclusive right to change this instance. Fails at once with LockedError while a live holder has it; a holder whose
   * process is gone or whose heartbeat is older than 15 s has lost it.
   */
  lock(purpose: string): Promise<MemoryLock>
  /**
   * Removes everything of this instance but `keep` (top-level keys), e.g. after `down`: also what somebody who was killed had begun
   * to write. With `among`, only what belongs to these top-level keys.
   */
  clear(keep: readonly string[], among?: readonly string[]): Promise<void>
}

export interface MemoryLock {
  release(): Promise<void>
  /**
   * Takes what could not be taken before the target was there: the lock inside a cluster that was made meanwhile. LockedError when
   * somebody else was faster. Absent where a lock is always whole.
   */
  reach?(): Promise<void>
  /**
   * Aborted, with a StepError, when somebody took the lock over because we were silent for too long (a suspended machine): whatever
   * is being done must end. Absent where that cannot happen.
   */
  readonly lost?: AbortSignal
}

export interface LockHolder {
  readonly pid: number
  readonly host: string
  readonly user: string
  readonly purpose: string
  /** Epoch milliseconds. */
  readonly since: number
  readonly heartbeat: number
}

/** Somebody else is changing this instance. Exit code 8. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly holder: LockHolder

  constructor(holder: LockHolder) {
    super(
      `locked by ${holder.user}@${holder.host}, process ${String(holder.pid)}: ${holder.purpose}, since ${new Date(holder.since).toISOString()}`,
    )
    this.holder = holder
  }
}
