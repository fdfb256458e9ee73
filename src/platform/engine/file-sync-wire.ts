import protobuf from 'protobufjs/minimal.js'

/**
 * The packets of BuildKit's file sync, on protobuf's wire. Field numbers are those of tonistiigi/fsutil: types/wire.proto,
 * types/stat.proto.
 */

/** One entry of a folder, as BuildKit compares it with what it kept from the build before. */
export interface SyncedEntry {
  /** Relative to the folder, with slashes. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  /** Permission bits, those for setuid, setgid and sticky among them, as a tar has them. */
  readonly mode: number
  /** Bytes of a file. */
  readonly size: number
  /** Nanoseconds since 1970. */
  readonly modified: bigint
  /** Of a link; empty for what is none. */
  readonly target: string
}

/** What the receiving side says. */
export type ReceivedPacket =
  /** It lacks the content of this entry: its place in the list, from 0. */
  | { readonly type: 'requested'; readonly entry: number }
  /** It has all that it needs. */
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly message: string }

const stat = 0
const request = 1
const data = 2
const finish = 3
const failure = 4

/** The bits of Go's `fs.FileMode`. */
const goMode = { directory: 2 ** 31, link: 2 ** 27, setuid: 2 ** 23, setgid: 2 ** 22, sticky: 2 ** 20 }

export function encodeEntry(entry: SyncedEntry): Buffer {
  const writer = protobuf.Writer.create()
  writer.uint32(18).fork()
  writer.uint32(10).string(entry.path)
  writer.uint32(16).uint32(goModeOf(entry))
  // The size of a link is that of its target, as `lstat` has it: BuildKit compares it with the one on its disk.
  const size = entry.kind === 'link' ? Buffer.byteLength(entry.target) : entry.size
  // Owner and group are left out: 0, as for everything of a context.
  if (size > 0) writer.uint32(40).int64(size)
  writer.uint32(48).int64(long(entry.modified))
  if (entry.target !== '') writer.uint32(58).string(entry.target)
  return Buffer.from(writer.ldelim().finish())
}

/** After the last entry. */
export function encodeEndOfEntries(): Buffer {
  return Buffer.from(protobuf.Writer.create().uint32(8).int32(stat).finish())
}

/** A piece of the content of an entry; an empty one ends it. */
export function encodeContent(entry: number, piece: Uint8Array): Buffer {
  const writer = protobuf.Writer.create().uint32(8).int32(data).uint32(24).uint32(entry)
  if (piece.length > 0) writer.uint32(34).bytes(piece)
  return Buffer.from(writer.finish())
}

export function encodeFinish(): Buffer {
  return Buffer.from(protobuf.Writer.create().uint32(8).int32(finish).finish())
}

/** Throws where the packet is none that a receiver sends. */
export function decodePacket(bytes: Uint8Array): ReceivedPacket {
  const reader = protobuf.Reader.create(bytes)
  let type = stat
  let entry = 0
  let message = ''
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === 8) type = reader.int32()
    else if (tag === 24) entry = reader.uint32()
    else if (tag === 34) message = Buffer.from(reader.bytes()).toString()
    else reader.skipType(tag & 7)
  }
  switch (type) {
    case request:
      return { type: 'requested', entry }
    case finish:
      return { type: 'finished' }
    case failure:
      return { type: 'failed', message }
    default:
      throw new Error(`a packet of type ${String(type)} where files are asked for`)
  }
}

function goModeOf({ kind, mode }: SyncedEntry): number {
  let bits = mode & 0o777
  if (kind === 'directory') bits += goMode.directory
  if (kind === 'link') bits += goMode.link
  if ((mode & 0o4000) !== 0) bits += goMode.setuid
  if ((mode & 0o2000) !== 0) bits += goMode.setgid
  if ((mode & 0o1000) !== 0) bits += goMode.sticky
  return bits
}

/** Nanoseconds do not fit into a number. */
function long(value: bigint) {
  const bits = BigInt.asUintN(64, value)
  const low = Number(bits & 0xffffffffn)
  return new protobuf.util.LongBits(low, Number(bits >> 32n)).toLong(false)
}
