/** A piece of a container's output, as the engine multiplexes it. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr'
  readonly data: Buffer
}

/** Splits a stream of JSON texts, one per line, as `pull`, `push`, `build` and `events` send it. */
export async function* jsonLines(source: AsyncIterable<Buffer>): AsyncGenerator {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as unknown
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as unknown
}

/**
 * Takes apart the output of a container without a terminal: frames with a header of 8 bytes, the stream's number in the first
 * and the length in the last four (Engine API, "Attach to a container", stream format).
 */
export async function* frames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let pending: Buffer[] = []
  let length = 0
  let needed = 8
  for await (const chunk of source) {
    pending.push(chunk)
    length += chunk.length
    // Joining only when a whole frame is there keeps a large one linear.
    if (length < needed) continue
    let buffer = pending.length === 1 ? chunk : Buffer.concat(pending, length)
    for (;;) {
      needed = buffer.length < 8 ? 8 : 8 + buffer.readUInt32BE(4)
      if (buffer.length < needed) break
      yield { stream: buffer[0] === 2 ? 'stderr' : 'stdout', data: buffer.subarray(8, needed) }
      buffer = buffer.subarray(needed)
    }
    pending = [buffer]
    length = buffer.length
  }
}

/** The output of a container with a terminal: one stream without headers. */
export async function* rawFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  for await (const data of source) yield { stream: 'stdout', data }
}
