import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds before attempt 1, 2, 3 …: doubling from 50 to 2000, with up to a quarter of chance so that replicas spread. */
export function backOff(attempt: number): number {
  const full = Math.min(2000, 50 * 2 ** Math.min(attempt - 1, 10))
  return full * (1 - Math.random() / 4)
}

/** Tries until it succeeds or `signal` aborts; tells of each failure. */
export async function retryForever<T>(
  action: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: unknown, attempt: number) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      return await action()
    } catch (error) {
      onFailure(error, attempt)
    }
    await sleep(backOff(attempt), undefined, { signal })
  }
}
