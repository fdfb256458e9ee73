/** RESP2, the protocol of Redis: https://redis.io/docs/latest/develop/reference/protocol-spec/ */

/** A value of the protocol; an error reply is a value, too: the connection goes on. */
export type RespValue = string | number | null | RespError | readonly RespValue[]

export class RespError extends Error {}

/** A bulk text above this size ends the connection: nobody here sends one. */
const largestBulk = 64 * 1024 * 1024

/** Encodes a command, or a reply made of bulk texts. */
export function encodeCommand(words: readonly string[]): string {
  return `*${String(words.length)}\r\n${words.map(encodeBulk).join('')}`
}

export function encodeReply(value: RespValue): string {
  if (value === null) return '$-1\r\n'
  if (typeof value === 'number') return `:${String(value)}\r\n`
  if (typeof value === 'string') return encodeBulk(value)
  if (value instanceof RespError) return `-${value.message}\r\n`
  return `*${String(value.length)}\r\n${value.map(encodeReply).join('')}`
}

/** `+OK`: a short text without line breaks. */
export function encodeSimple(text: string): string {
  return `+${text}\r\n`
}

function encodeBulk(text: string): string {
  return `$${String(Buffer.byteLength(text))}\r\n${text}\r\n`
}

/**
 * Takes bytes as they arrive and gives out every value that is complete. Throws RespError where the bytes are not RESP; the
 * connection is of no use then.
 */
export function createRespParser(onValue: (value: RespValue) => void): (chunk: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0)
  return (chunk) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
    let offset = 0
    for (;;) {
      const parsed = parseAt(buffer, offset)
      if (!parsed) break
      offset = parsed.end
      onValue(parsed.value)
    }
    buffer = buffer.subarray(offset)
  }
}

interface Parsed {
  readonly value: RespValue
  readonly end: number
}

/** The value at an offset; undefined while some of it has not arrived. */
function parseAt(buffer: Buffer, offset: number): Parsed | undefined {
  const lineEnd = buffer.indexOf('\r\n', offset)
  if (lineEnd === -1) return undefined
  const kind = String.fromCharCode(buffer[offset] ?? 0)
  const line = buffer.toString('utf8', offset + 1, lineEnd)
  const next = lineEnd + 2
  switch (kind) {
    case '+':
      return { value: line, end: next }
    case '-':
      return { value: new RespError(line), end: next }
    case ':':
      return { value: Number(line), end: next }
    case '$':
      return parseBulk(buffer, next, lengthOf(line, largestBulk))
    case '*':
      return parseArray(buffer, next, lengthOf(line, 1024 * 1024))
    default:
      throw new RespError(`ERR Protocol error: unexpected ${JSON.stringify(kind)}`)
  }
}

function parseBulk(buffer: Buffer, start: number, length: number): Parsed | undefined {
  if (length === -1) return { value: null, end: start }
  const end = start + length
  if (buffer.length < end + 2) return undefined
  return { value: buffer.toString('utf8', start, end), end: end + 2 }
}

function parseArray(buffer: Buffer, start: number, length: number): Parsed | undefined {
  if (length === -1) return { value: null, end: start }
  const items: RespValue[] = []
  let end = start
  while (items.length < length) {
    const item = parseAt(buffer, end)
    if (!item) return undefined
    items.push(item.value)
    end = item.end
  }
  return { value: items, end }
}

function lengthOf(line: string, most: number): number {
  const length = /^-?\d+$/.test(line) ? Number(line) : NaN
  if (length >= -1 && length <= most) return length
  throw new RespError(`ERR Protocol error: invalid length ${JSON.stringify(line)}`)
}
