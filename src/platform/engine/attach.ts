import type { Writable } from 'node:stream'
import type { Engine } from './engine.ts'
import { untilClosed } from './exec.ts'
import { frames, rawFrames, type Frame } from './streams.ts'

/** The streams of a container's own process. */
export interface Attachment {
  /** `end()` is the end of its standard input where the container was made with OpenStdin and StdinOnce. */
  readonly input: Writable
  readonly output: AsyncIterable<Frame>
  close(): void
}

/** Attaches to a container; before its start, to miss nothing. `tty` as the container was made. */
export async function attachContainer(
  engine: Engine,
  container: string,
  options: { readonly hasInput?: boolean; readonly tty?: boolean } = {},
): Promise<Attachment> {
  const connection = await engine.upgrade(`/containers/${container}/attach`, {
    query: { stream: true, stdout: true, stderr: true, stdin: options.hasInput ?? false },
  })
  const received = untilClosed(connection)
  return {
    input: connection,
    output: options.tty === true ? rawFrames(received) : frames(received),
    close: () => {
      connection.destroy()
    },
  }
}
