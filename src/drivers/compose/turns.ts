/** Lets at most `size` pieces of work run at once, in the order they come. */
export function createTurns(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = size
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // The place passes on to the next one, so nobody overtakes.
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
