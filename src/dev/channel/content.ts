import type { Readable } from 'node:stream'
import type { FailedChange, FileChange } from './channel.ts'

/** The most that one frame carries: small enough that a cancelled batch ends soon, large enough that frames cost nothing. */
export const longestPiece = 256 * 1024

/** What was to be sent cannot be read: it vanished, or it never was a file. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError'

  /** The change that it was to be, for the caller. */
  of({ path }: FileChange): FailedChange {
    const { code } = this.cause as NodeJS.ErrnoException
    const hasVanished = code !== undefined && ['ENOENT', 'EISDIR', 'ENOTDIR'].includes(code)
    return { path, why: hasVanished ? 'vanished' : 'unreadable', message: this.message }
  }
}

export interface Piece {
  readonly data: Buffer
  readonly isLast: boolean
}

/**
 * The content in pieces of at most `longestPiece` bytes, the last one marked; an empty content is one empty piece. What the
 * source throws comes out as UnreadableError, so that it is told from failures of whoever takes the pieces.
 */
export async function* piecesOf(read: () => Readable): AsyncGenerator<Piece> {
  let gathered: Buffer[] = []
  let length = 0
  for await (const chunk of readable(read)) {
    gathered.push(chunk)
    length += chunk.length
    if (length <= longestPiece) continue
    let rest = Buffer.concat(gathered, length)
    while (rest.length > longestPiece) {
      yield { data: rest.subarray(0, longestPiece), isLast: false }
      rest = rest.subarray(longestPiece)
    }
    gathered = [rest]
    length = rest.length
  }
  yield { data: Buffer.concat(gathered, length), isLast: true }
}

async function* readable(read: () => Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of read() as AsyncIterable<Buffer | string>)
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  } catch (error) {
    throw new UnreadableError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
