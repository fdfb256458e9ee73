import type { MemoryLock } from '../memory/memory.ts'
import type { Opened } from './opened.ts'

/** Does work that only one may do at a time. It is aborted when the lock is lost: after a sleep somebody else may have it. */
export async function locked<T>(
  { memory }: Pick<Opened, 'memory'>,
  purpose: string,
  signal: AbortSignal,
  work: (signal: AbortSignal, lock: MemoryLock) => Promise<T>,
): Promise<T> {
  const lock = await memory.lock(purpose)
  try {
    return await work(lock.lost ? AbortSignal.any([signal, lock.lost]) : signal, lock)
  } finally {
    await lock.release()
  }
}
