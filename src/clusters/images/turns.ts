/** Lets at most `most` of the tasks given to it run at once, in their order. */
export function turns(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await task()
    } finally {
      // The place goes on to the next one, who was counted already.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
