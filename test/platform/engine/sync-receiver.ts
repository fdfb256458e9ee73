import protobuf from 'protobufjs/minimal.js'

/** A packet of a sender, as BuildKit's side of a file sync reads it. */
export interface SentPacket {
  readonly type: string
  readonly entry?: string
  readonly id?: number
  readonly data?: Buffer
}

const types = ['stat', 'request', 'data', 'finish', 'error']

/** An entry is shown as `path mode size time target`, the mode in octal of Go's bits. */
export function readPacket(bytes: Uint8Array): SentPacket {
  const reader = protobuf.Reader.create(bytes)
  let packet: SentPacket = { type: 'stat' }
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === 8) packet = { ...packet, type: types[reader.int32()] ?? 'unknown' }
    else if (tag === 18) packet = { ...packet, entry: readEntry(reader.bytes()) }
    else if (tag === 24) packet = { ...packet, id: reader.uint32() }
    else if (tag === 34) packet = { ...packet, data: Buffer.from(reader.bytes()) }
    else reader.skipType(tag & 7)
  }
  return packet
}

/** A packet of the receiving side. */
export function receiverPacket(type: 'request' | 'finish', id = 0): Buffer {
  return Buffer.from(
    protobuf.Writer.create().uint32(8).int32(types.indexOf(type)).uint32(24).uint32(id).finish(),
  )
}

function readEntry(bytes: Uint8Array): string {
  const reader = protobuf.Reader.create(bytes)
  const seen = { path: '', mode: '', size: '0', time: '0', target: '' }
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === 10) seen.path = reader.string()
    else if (tag === 16) seen.mode = reader.uint32().toString(8)
    else if (tag === 40) seen.size = readInt64(reader)
    else if (tag === 48) seen.time = readInt64(reader)
    else if (tag === 58) seen.target = reader.string()
    else throw new Error(`field ${String(tag >>> 3)} of an entry`)
  }
  return Object.values(seen).join(' ').trimEnd()
}

/** By hand, since without the package `long` a reader gives numbers, which are too small for it. */
function readInt64(reader: protobuf.Reader): string {
  let value = 0n
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.buf[reader.pos++] ?? 0
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return BigInt.asIntN(64, value).toString()
  }
}
