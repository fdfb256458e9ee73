import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collect } from './real-engine.ts'
import { frames, jsonLines, type Frame } from '../../../src/platform/engine/streams.ts'

/** Cuts bytes into chunks at the given places, as a socket may. */
async function* cut(bytes: Buffer, places: readonly number[]): AsyncGenerator<Buffer> {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const place of [...sorted, bytes.length]) {
    await Promise.resolve()
    yield bytes.subarray(from, place)
    from = place
  }
}

function multiplex(pieces: readonly Frame[]): Buffer {
  return Buffer.concat(
    pieces.map(({ stream, data }) => {
      const header = Buffer.alloc(8)
      header[0] = stream === 'stdout' ? 1 : 2
      header.writeUInt32BE(data.length, 4)
      return Buffer.concat([header, data])
    }),
  )
}

test('frames come out as they went in, wherever the stream is cut', async () => {
  const piece = fc.record({
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    data: fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each)),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(piece), fc.array(fc.nat()), async (pieces, places) => {
      const seen = await collect(frames(cut(multiplex(pieces), places)))
      expect(seen.map(({ stream, data }) => [stream, data.toString('hex')])).toEqual(
        pieces.map(({ stream, data }) => [stream, data.toString('hex')]),
      )
    }),
  )
})

test('JSON lines come out as they went in, wherever the stream is cut, also within a character', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.array(fc.nat()), async (values, places) => {
      const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\r\n`).join(''))
      const expected: unknown = JSON.parse(JSON.stringify(values))
      expect(await collect(jsonLines(cut(bytes, places)))).toEqual(expected)
    }),
  )
})
