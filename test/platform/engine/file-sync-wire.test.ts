import { expect, test } from 'vitest'
import protobuf from 'protobufjs/minimal.js'
import {
  decodePacket,
  encodeContent,
  encodeEndOfEntries,
  encodeEntry,
  encodeFinish,
  type SyncedEntry,
} from '../../../src/platform/engine/file-sync-wire.ts'
import { readPacket } from './sync-receiver.ts'

const file: SyncedEntry = { path: 'a', kind: 'file', mode: 0o644, size: 3, modified: 0n, target: '' }

test('an entry is what a receiver reads: modes as Go has them, times to the nanosecond, links by their target', () => {
  const entries: SyncedEntry[] = [
    { ...file, path: 'run.sh', mode: 0o755, size: 5_000_000_000, modified: 1_795_295_368_123_456_789n },
    { ...file, path: 'old', mode: 0o4755, modified: -1n },
    { ...file, path: 'd', kind: 'directory', mode: 0o1777, size: 0 },
    { ...file, path: 'd/ä\n"b" c', kind: 'link', mode: 0o777, size: 0, target: '../größe' },
    { ...file, path: 'set', mode: 0o2750 },
  ]
  expect(entries.map((entry) => readPacket(encodeEntry(entry)))).toMatchInlineSnapshot(`
    [
      {
        "entry": "run.sh 755 5000000000 1795295368123456789",
        "type": "stat",
      },
      {
        "entry": "old 40000755 3 -1",
        "type": "stat",
      },
      {
        "entry": "d 20004000777 0 0",
        "type": "stat",
      },
      {
        "entry": "d/ä
    "b" c 1000000777 10 0 ../größe",
        "type": "stat",
      },
      {
        "entry": "set 20000750 3 0",
        "type": "stat",
      },
    ]
  `)
})

test('the other packets, byte by byte', () => {
  expect([
    encodeEndOfEntries(),
    encodeContent(300, Buffer.from('hi')),
    encodeContent(0, Buffer.alloc(0)),
    encodeFinish(),
  ]).toEqual([
    Buffer.from([8, 0]),
    Buffer.from([8, 2, 24, 172, 2, 34, 2, 104, 105]),
    Buffer.from([8, 2, 24, 0]),
    Buffer.from([8, 3]),
  ])
})

test('what a receiver says; an id of 0 is left out on the wire', () => {
  const request = protobuf.Writer.create().uint32(8).int32(1).uint32(24).uint32(70_000).finish()
  const first = protobuf.Writer.create().uint32(8).int32(1).finish()
  const failed = protobuf.Writer.create()
    .uint32(8)
    .int32(4)
    .uint32(34)
    .bytes(Buffer.from('disk full'))
    .finish()
  const newer = protobuf.Writer.create().uint32(8).int32(3).uint32(82).string('unknown field').finish()
  expect([request, first, failed, newer].map((bytes) => decodePacket(bytes))).toEqual([
    { type: 'requested', entry: 70_000 },
    { type: 'requested', entry: 0 },
    { type: 'failed', message: 'disk full' },
    { type: 'finished' },
  ])
})

test('a packet that only a sender sends is refused', () => {
  expect(() => decodePacket(encodeContent(1, Buffer.from('x')))).toThrow(
    'a packet of type 2 where files are asked for',
  )
})
