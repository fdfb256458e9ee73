import { setTimeout as delay } from 'node:timers/promises'
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ClientDuplexStream,
} from '@grpc/grpc-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nothingUnanswered } from '../../../src/platform/engine/build-service.ts'
import { fileSyncService, type SyncedFolder } from '../../../src/platform/engine/file-sync.ts'
import { readPacket, receiverPacket, type SentPacket } from './sync-receiver.ts'

/** The service behind a port, and a client that speaks to it as BuildKit does. */
async function served(folder: SyncedFolder) {
  const unanswered = nothingUnanswered()
  const { definition, implementation } = fileSyncService(new Map([['context', folder]]), unanswered)
  const server = new Server()
  server.addService(definition, implementation)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error)
      else resolve(bound)
    })
  })
  const client = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure())
  onTestFinished(() => {
    client.close()
    server.forceShutdown()
  })
  const open = (headers: Readonly<Record<string, string>>) => {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    const same = (bytes: Buffer) => bytes
    const call = client.makeBidiStreamRequest('/moby.filesync.v1.FileSync/DiffCopy', same, same, metadata)
    return watched(call)
  }
  return { open, unanswered }
}

function watched(call: ClientDuplexStream<Buffer, Buffer>) {
  const packets: SentPacket[] = []
  const ended = new Promise<string>((resolve) => {
    call.on('data', (bytes: Buffer) => packets.push(readPacket(bytes)))
    call.on('error', (error) => {
      resolve(error.message)
    })
    call.on('end', () => {
      resolve('ended')
    })
  })
  const entries = () =>
    vi.waitFor(
      () => {
        expect(packets.at(-1)).toEqual({ type: 'stat' })
        return packets.flatMap(({ entry }) => (entry === undefined ? [] : [entry]))
      },
      { timeout: 20_000 },
    )
  return { call, packets, ended, entries }
}

function folderOf(contents: Readonly<Record<string, () => AsyncIterable<Uint8Array>>>): SyncedFolder {
  return {
    entries: Object.keys(contents).map((path) => ({
      path,
      kind: 'file' as const,
      mode: 0o644,
      size: 2,
      modified: 1n,
      target: '',
    })),
    read: ({ path }) => contents[path]?.() ?? failing('no such file'),
  }
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text))
}

async function* failing(message: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('half'))
  throw new Error(message)
}

test('all entries go first, then the content of what is asked for, and nothing else', async () => {
  const { open, unanswered } = await served(
    folderOf({ a: () => pieces('aa'), b: () => failing('b is not asked for'), c: () => pieces('c', 'c') }),
  )
  const { call, packets, ended, entries } = open({ 'dir-name': 'context' })
  expect(await entries()).toEqual(['a 644 2 1', 'b 644 2 1', 'c 644 2 1'])
  const before = packets.length
  call.write(receiverPacket('request', 2))
  call.write(receiverPacket('request', 0))
  await vi.waitFor(() => expect(packets.length).toBe(before + 5), { timeout: 20_000 })
  call.write(receiverPacket('finish'))
  call.end()
  expect(await ended).toBe('ended')
  expect(packets.slice(before).map(({ type, id, data }) => [type, id, data?.toString()])).toEqual([
    ['data', 2, 'c'],
    ['data', 2, 'c'],
    ['data', 2, undefined],
    ['data', 0, 'aa'],
    ['data', 0, undefined],
    ['finish', undefined, undefined],
  ])
  expect(unanswered.unsent).toEqual([])
})

test('the question for the ignore file is answered with that alone, whatever else the folder holds', async () => {
  const { open } = await served(folderOf({ '.dockerignore': () => pieces('#'), a: () => pieces('aa') }))
  const narrow = open({ 'dir-name': 'context', followpaths: '.dockerignore' })
  expect(await narrow.entries()).toEqual(['.dockerignore 644 2 1'])
  const wide = open({ 'dir-name': 'context', followpaths: 'a' })
  expect(await wide.entries()).toEqual(['.dockerignore 644 2 1', 'a 644 2 1'])
})

test('a file that cannot be read ends the sync with its error, before the receiver takes it for whole', async () => {
  const { open, unanswered } = await served(folderOf({ a: () => failing('a vanished') }))
  const { call, packets, ended, entries } = open({ 'dir-name': 'context' })
  await entries()
  call.write(receiverPacket('request', 0))
  expect(await ended).toBe('10 ABORTED: a vanished')
  expect(packets.filter(({ type }) => type === 'data').map(({ data }) => data?.toString())).toEqual(['half'])
  expect(unanswered.unsent.map(({ message }) => message)).toEqual(['a vanished'])
})

test('a folder that is not offered, and an entry that is none', async () => {
  const { open } = await served(folderOf({ a: () => pieces('aa') }))
  expect(await open({ 'dir-name': 'home' }).ended).toBe('5 NOT_FOUND: there is no folder home')
  const { call, ended, entries } = open({ 'dir-name': 'context' })
  await entries()
  call.write(receiverPacket('request', 7))
  expect(await ended).toBe('10 ABORTED: there is no file 7')
})

test('a receiver that stops reading stops us: a large file is not gathered in memory', async () => {
  let read = 0
  const piece = Buffer.alloc(64 * 1024)
  const closed = vi.fn()
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        read += piece.length
        yield await Promise.resolve(piece)
      }
    } finally {
      closed()
    }
  }
  const { open, unanswered } = await served(folderOf({ a: endless }))
  const { call, entries } = open({ 'dir-name': 'context' })
  await entries()
  call.pause()
  call.write(receiverPacket('request', 0))
  let before = -1
  await vi.waitFor(
    async () => {
      const now = read
      const isQuiet = now > 0 && now === before
      before = now
      await delay(100)
      expect(isQuiet && read === now).toBe(true)
    },
    { timeout: 20_000 },
  )
  // What HTTP/2 windows and the buffers of both ends hold, in the same process.
  expect(read).toBeLessThan(64 * 1024 * 1024)
  call.cancel()
  await vi.waitFor(() => expect(closed).toHaveBeenCalled(), { timeout: 20_000 })
  expect(unanswered.unsent).toEqual([])
})
