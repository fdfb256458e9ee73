/** Text of a file, or the offset in bytes of the first byte that is not UTF-8. A byte order mark is dropped. */
export type DecodedText =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false
      readonly line: number
      readonly column: number
      readonly byte: number
      readonly isUtf16: boolean
    }

export function decodeUtf8(bytes: Uint8Array): DecodedText {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (isUtf16) return { ok: false, line: 1, column: 1, byte: bytes[0] ?? 0, isUtf16 }
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    // The decoder says that a byte is wrong, not which one.
    return { ok: false, isUtf16, ...placeOf(bytes, firstBadByte(bytes)) }
  }
}

function firstBadByte(bytes: Uint8Array): number {
  let offset = 0
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset)
    if (length === 0) return offset
    offset += length
  }
  return bytes.length - 1
}

/** Bytes of the character at `offset`; 0 where it is malformed (RFC 3629 §4: no overlong forms, no surrogates, at most U+10FFFF). */
function sequenceLength(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] ?? 0
  if (first < 0x80) return 1
  const length =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0
  if (length === 0) return 0
  const second = bytes[offset + 1] ?? 0
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return 0
  for (let index = 2; index < length; index++) {
    if (((bytes[offset + index] ?? 0) & 0xc0) !== 0x80) return 0
  }
  return length
}

function placeOf(bytes: Uint8Array, offset: number): { line: number; column: number; byte: number } {
  const before = new TextDecoder('utf-8').decode(bytes.subarray(0, offset))
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: before.length - lineStart + 1, byte: bytes[offset] ?? 0 }
}
