import { inspectContainer } from './containers.ts'
import type { Engine } from './engine.ts'
import { frames, rawFrames, type Frame } from './streams.ts'

/** One line of a container's output. */
export interface ContainerLine {
  readonly stream: 'stdout' | 'stderr'
  /** Epoch milliseconds. */
  readonly time: number
  /** The engine's own time stamp in nanoseconds, RFC 3339 of fixed width: sorts as text. */
  readonly stamp: string
  /** Without its end of line. */
  readonly line: string
}

export interface ContainerLogQuery {
  /** Goes on until the container ends or the signal aborts; default false. */
  readonly follow?: boolean
  /** Epoch milliseconds, inclusive. */
  readonly since?: number
  readonly until?: number
  /** The last lines only. */
  readonly tail?: number
}

/** `2026-01-02T03:04:05.000000000Z`, which the engine pads to one width. */
const stampLength = 30

/**
 * Lines that a container wrote, in the engine's order. Ends quietly when the signal aborts; a last line without an end of line
 * comes when the output ends. EngineError where the logging driver cannot be read.
 */
export async function* logs(
  engine: Engine,
  container: string,
  query: ContainerLogQuery,
  signal?: AbortSignal,
): AsyncGenerator<ContainerLine, void, undefined> {
  const unfinished = new Map<Frame['stream'], { stamp: string; text: string }>()
  try {
    for await (const { stream, data } of await openLogs(engine, container, query, signal)) {
      const before = unfinished.get(stream)
      // Each message begins with a stamp, also the later parts of a line longer than 16 KiB.
      const stamp = before?.stamp ?? data.toString('latin1', 0, stampLength)
      const lines = ((before?.text ?? '') + data.toString('utf8', stampLength + 1)).split('\n')
      const rest = lines.pop() ?? ''
      for (const line of lines) yield lineOf(stream, stamp, line)
      if (rest === '') unfinished.delete(stream)
      else unfinished.set(stream, { stamp, text: rest })
    }
  } catch (error) {
    if (signal?.aborted !== true) throw engine.failureOf(error)
  }
  for (const [stream, { stamp, text }] of unfinished) yield lineOf(stream, stamp, text)
}

function lineOf(stream: Frame['stream'], stamp: string, text: string): ContainerLine {
  return { stream, stamp, time: Date.parse(stamp), line: text.endsWith('\r') ? text.slice(0, -1) : text }
}

async function openLogs(
  engine: Engine,
  container: string,
  query: ContainerLogQuery,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Frame>> {
  const response = await engine.stream('GET', `/containers/${container}/logs`, {
    query: {
      stdout: true,
      stderr: true,
      timestamps: true,
      follow: query.follow ?? false,
      since: query.since === undefined ? undefined : (query.since / 1000).toFixed(3),
      until: query.until === undefined ? undefined : (query.until / 1000).toFixed(3),
      tail: query.tail ?? 'all',
    },
    ...(signal && { signal }),
  })
  switch (response.headers['content-type']) {
    case 'application/vnd.docker.multiplexed-stream':
      return frames(response)
    case 'application/vnd.docker.raw-stream':
    default: {
      // Before API 1.42 the header says "raw" for both.
      const { Config } = await inspectContainer(engine, container, signal)
      return Config.Tty ? messages(rawFrames(response)) : frames(response)
    }
  }
}

/** A terminal's output has no frames: joins what was cut anywhere, so that each piece is one line with its stamp. */
async function* messages(source: AsyncIterable<Frame>): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0)
  for await (const { stream, data } of source) {
    let joined = rest.length === 0 ? data : Buffer.concat([rest, data])
    for (let end = joined.indexOf(10); end >= 0; end = joined.indexOf(10)) {
      yield { stream, data: joined.subarray(0, end + 1) }
      joined = joined.subarray(end + 1)
    }
    rest = Buffer.from(joined)
  }
  if (rest.length > 0) yield { stream: 'stdout', data: rest }
}
