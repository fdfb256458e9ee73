/** Several streams as one, in the order in which their values come. More may be added while it is read. */
interface Merged<T> {
  add(source: AsyncIterable<T>): void
  /** Work on behalf of the reader: its failure ends the reading. */
  run(work: Promise<void>): void
  /** Ends when the signal aborts; throws what a source threw. */
  all(): AsyncGenerator<T, void, undefined>
}

export function merged<T>(signal: AbortSignal): Merged<T> {
  const waiting: T[] = []
  const failures: unknown[] = []
  let wake: () => void = () => undefined
  signal.addEventListener(
    'abort',
    () => {
      wake()
    },
    { once: true },
  )
  const fail = (error: unknown): void => {
    failures.push(error)
    wake()
  }

  async function pump(source: AsyncIterable<T>): Promise<void> {
    for await (const value of source) {
      waiting.push(value)
      wake()
    }
  }

  return {
    add(source) {
      pump(source).catch(fail)
    },
    run(work) {
      work.catch(fail)
    },
    async *all() {
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve
        })
        yield* waiting.splice(0)
        if (signal.aborted) return
        if (waiting.length > 0) continue
        if (failures.length > 0) throw failures[0]
        await woken
      }
    },
  }
}
