/** Lines of UTF-8 text without their ends, whole ones however they were cut on the way; a last one without an end at the end. */
export async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  // Joined once, however long the line grows.
  let pieces: string[] = []
  for await (const chunk of source) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      yield pieces.length === 0 ? line : [...pieces, line].join('')
      pieces = []
    }
    if (rest !== '') pieces.push(rest)
  }
  if (pieces.length > 0) yield pieces.join('')
}
