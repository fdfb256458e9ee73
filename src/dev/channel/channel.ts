import type { Readable } from 'node:stream'

/** One thing that is to change inside a container. Paths are absolute there, with slashes. */
export type FileChange =
  | {
      readonly op: 'write'
      readonly path: string
      /** Permission bits. */
      readonly mode: number
      /** Opens the content; read once, in chunks, whatever its size. */
      readonly read: () => Readable
    }
  | { readonly op: 'link'; readonly path: string; readonly target: string }
  /** A folder, with those above it; one that is there stays as it is. */
  | { readonly op: 'folder'; readonly path: string }
  /** A file, a link, or a folder with all that is in it; what is not there is as wished. */
  | { readonly op: 'remove'; readonly path: string }

export type Refusal =
  | 'permission'
  | 'read-only'
  | 'no-space'
  | 'wrong-kind'
  | 'too-long'
  /** Here, that is: what was to be sent may not be read. */
  | 'unreadable'
  /** What was to be sent is not there any more, or no file any more: another edit came in between. */
  | 'vanished'
  | 'other'

/** A change that could not be made; the others of its batch were. */
export interface FailedChange {
  readonly path: string
  readonly why: Refusal
  /** In the words of whoever refused. */
  readonly message: string
}

/** A way into one running container that stays open from edit to edit. */
export interface Channel {
  /** What is at the other end, for messages and tests. */
  readonly by: 'agent' | 'shell' | 'archive'
  /**
   * Makes the changes in their order; comes back when all of them are there, each whole: a reader inside sees the file before or
   * the file after. Batches of several callers follow one another. Throws ChannelError when the other end is gone: then it is
   * not known which changes were made, and all of them are to be sent again.
   */
  apply(changes: readonly FileChange[], signal: AbortSignal): Promise<readonly FailedChange[]>
  /**
   * Ends the service's process and starts it anew inside its container, and comes back when the new one runs. Absent where
   * nothing inside can do that.
   */
  readonly restart?: (signal: AbortSignal) => Promise<void>
  /** Resolves, never rejects, when the channel can take nothing more; the words say why. */
  readonly closed: Promise<string>
  close(): void
}

/** The other end of a channel is gone, or does not speak as agreed. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError'
}

/** A command that runs inside a container with its streams, as engine and cluster alike give it. */
export interface InnerProcess {
  readonly input: NodeJS.WritableStream
  /** To be read to the end. */
  readonly output: AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly data: Buffer }>
  close(): void
}
