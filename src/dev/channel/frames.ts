import { ChannelError } from './channel.ts'
import { longestPiece } from './content.ts'

/** Of the frames below. The agent in `agent/` must say the same number, or it is not spoken to. */
export const protocolVersion = 1

/** What a frame asks for. `hello` may be repeated at any time, to see whether the other end is alive. */
const kinds = {
  hello: 1,
  write: 2,
  chunk: 3,
  end: 4,
  abandon: 5,
  link: 6,
  folder: 7,
  remove: 8,
  restart: 9,
  signal: 10,
} as const

export type FrameKind = keyof typeof kinds

/** A frame is the length of its payload in four bytes, most significant first, its kind in one, and the payload. */
const headerLength = 5

/** Above any answer and any chunk with its path: a length beyond it is not of this protocol. */
const longestFrame = longestPiece + 16 * 1024

export function frame(kind: FrameKind, ...payload: readonly Uint8Array[]): Buffer {
  const length = payload.reduce((sum, part) => sum + part.length, 0)
  const header = Buffer.alloc(headerLength)
  header.writeUInt32BE(length)
  header[4] = kinds[kind]
  return Buffer.concat([header, ...payload])
}

/** `isFresh`: nothing was written into this folder through this channel before, so what a broken run left there is to be removed. */
export function writeFrame(path: Buffer, mode: number, isFresh: boolean): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(mode)
  head[4] = isFresh ? 1 : 0
  return frame('write', head, path)
}

export function linkFrame(path: Buffer, target: Buffer, isFresh: boolean): Buffer {
  return frame('link', Buffer.of(isFresh ? 1 : 0), path, Buffer.of(0), target)
}

/** One answer for each change, and for each hello, restart and signal, in their order. */
export type AgentAnswer =
  | { readonly kind: 'hello'; readonly version: string; readonly abilities: readonly string[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly message: string }

/** Gives back the answers that are whole with this piece of the agent's output. Throws ChannelError for what is no answer. */
export function answerReader(): (data: Buffer) => AgentAnswer[] {
  let rest: Buffer = Buffer.alloc(0)
  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data])
    const answers: AgentAnswer[] = []
    while (rest.length >= headerLength) {
      const length = rest.readUInt32BE()
      const kind = rest[4] ?? 0
      if (length > longestFrame) throw notAnAnswer(rest)
      if (rest.length < headerLength + length) break
      answers.push(answerOf(kind, rest.subarray(headerLength, headerLength + length)))
      rest = rest.subarray(headerLength + length)
    }
    return answers
  }
}

function answerOf(kind: number, payload: Buffer): AgentAnswer {
  if (kind === 1) {
    const [version = '', ...abilities] = payload.toString().split(' ')
    return { kind: 'hello', version, abilities }
  }
  if (kind === 2) return { kind: 'done' }
  if (kind === 3) return { kind: 'refused', message: payload.toString() }
  throw notAnAnswer(payload)
}

/** An engine that could not start the program says so where its output would be. */
function notAnAnswer(data: Buffer): ChannelError {
  const words = data
    .toString()
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 400)
  return new ChannelError(`the other end does not speak as the agent does: ${words}`)
}
