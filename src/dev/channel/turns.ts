/**
 * Lets one piece of work at a time through, in the order of asking. Whoever gives up waiting is told at once with the signal's
 * reason; work that has begun is not torn off in the middle but ends by itself, and only then the next one begins.
 */
export function createTurns(): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (signal, work) => {
    const mine = last.then(() => {
      signal.throwIfAborted()
      return work()
    })
    last = Promise.allSettled([mine])
    return unlessAborted(signal, mine)
  }
}

/** What the work comes to, or the signal's reason when that is earlier. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error)
    }
  })
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
