import type { LogOptions } from './client.ts'
import { kinds } from './kinds.ts'
import { linesOf } from './lines.ts'
import { objectPath } from './paths.ts'
import type { Transport } from './transport.ts'

export interface LogLine {
  /** Epoch milliseconds. */
  readonly time: number
  readonly text: string
}

/**
 * What a container wrote, line by line, with the node's time stamps. Following ends when the container does, and quietly with the
 * signal; a broken connection is a StepError. A last line without an end comes when the output ends.
 */
export async function* readLogs(
  transport: Transport,
  namespace: string,
  pod: string,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  const { since } = options
  try {
    const response = await transport.stream({
      method: 'GET',
      path: objectPath(kinds.Pod, namespace, pod, 'log'),
      query: {
        container: options.container,
        timestamps: true,
        follow: options.follow,
        previous: options.previous,
        // The server takes whole seconds; the rest of the second is left out below.
        sinceTime: since === undefined ? undefined : new Date(Math.floor(since / 1000) * 1000).toISOString(),
        tailLines: options.tail,
      },
      accept: '*/*',
      signal,
    })
    for await (const line of linesOf(response)) {
      const found = lineOf(line)
      if (since === undefined || Number.isNaN(found.time) || found.time >= since) yield found
    }
  } catch (error) {
    if (!signal.aborted) throw transport.failureOf(error, signal)
  }
}

/** `2026-01-02T03:04:05.123456789Z text`. What has no stamp is the server's own remark. */
function lineOf(line: string): LogLine {
  const space = line.indexOf(' ')
  const time = Date.parse(space === -1 ? line : line.slice(0, space))
  const text = Number.isNaN(time) ? line : space === -1 ? '' : line.slice(space + 1)
  return {
    time: Number.isNaN(time) ? Date.now() : time,
    text: text.endsWith('\r') ? text.slice(0, -1) : text,
  }
}
