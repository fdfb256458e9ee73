import { Readable } from 'node:stream'
import type { Channels } from './channels.ts'

/** Bytes that a stream takes before the connection waits for its reader. */
const highWaterMark = 65_536
/** Bytes that are kept of an output that nobody has begun to read. */
const mostUnread = 1_048_576

/** The outputs of one command, which share a connection: a slow reader of one holds it, one that nobody reads does not. */
export interface Outputs {
  open(): Output
}

export interface Output {
  readonly stream: Readable
  receive(data: Buffer): void
  end(error?: Error): void
}

export function outputsOf(channels: Pick<Channels, 'pause' | 'resume'>): Outputs {
  const full = new Set<Readable>()

  function update(): void {
    if ([...full].some(isRead)) channels.pause()
    else channels.resume()
  }

  return {
    open: () => {
      const stream = new Readable({
        highWaterMark,
        read: () => {
          full.delete(stream)
          update()
        },
        destroy: (error, done) => {
          full.delete(stream)
          update()
          done(error)
        },
      })
      return {
        stream,
        receive: (data) => {
          if (stream.destroyed) return
          if (!isRead(stream) && stream.readableLength + data.byteLength > mostUnread) return
          if (stream.push(data)) return
          full.add(stream)
          update()
        },
        end: (error) => {
          if (error) stream.destroy(error)
          else if (!stream.destroyed) stream.push(null)
        },
      }
    },
  }
}

/** Null is how a stream says that nobody has asked it for anything yet. */
function isRead(stream: Readable): boolean {
  return !stream.destroyed && stream.readableFlowing !== null
}
