/** Several sources, each in the order of time, as one that is so too. Each is read only as far as it is needed. */
export async function* inTimeOrder<T extends { readonly time: number }>(
  sources: readonly AsyncGenerator<T>[],
): AsyncGenerator<T> {
  try {
    const heads = await Promise.all(sources.map(async (source) => ({ source, result: await source.next() })))
    for (;;) {
      let first:
        { source: AsyncGenerator<T>; time: number; value: T; head: (typeof heads)[number] } | undefined
      for (const head of heads) {
        const { source, result } = head
        if (result.done === true || (first && first.time <= result.value.time)) continue
        first = { source, time: result.value.time, value: result.value, head }
      }
      if (!first) return
      yield first.value
      first.head.result = await first.source.next()
    }
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)))
  }
}
