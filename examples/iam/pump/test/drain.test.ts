import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../common/src/log.ts'
import { analyticsList } from '../../common/src/names.ts'
import { createRedisClient, type RedisClient } from '../../common/src/redis-client.ts'
import { startRedisServer, type RedisServer } from '../../redis/src/server.ts'
import { drainOnce } from '../src/drain.ts'
import { createLease } from '../src/lease.ts'
import { openJsonLines } from '../src/sinks/json-lines.ts'
import type { Sink } from '../src/sinks/sink.ts'

let server: RedisServer
let redis: RedisClient
let folder = ''
beforeEach(async () => {
  server = await startRedisServer('127.0.0.1', 0)
  redis = createRedisClient(
    { host: '127.0.0.1', port: server.port },
    createLog('test', 'error', () => undefined),
  )
  await vi.waitUntil(redis.isConnected)
  folder = await mkdtemp(join(tmpdir(), 'iam-pump-'))
})
afterEach(async () => {
  redis.close()
  await server.close()
  await rm(folder, { recursive: true })
})

const file = (): string => join(folder, 'analytics.jsonl')
const left = (): Promise<unknown> => redis.command('LLEN', analyticsList)

async function push(...ids: readonly string[]): Promise<void> {
  for (const id of ids) await redis.command('LPUSH', analyticsList, JSON.stringify({ id, username: 'anna' }))
}

async function written(): Promise<string[]> {
  const lines = (await readFile(file(), 'utf8')).split('\n').slice(0, -1)
  return lines.map((line) => (JSON.parse(line) as { id: string }).id)
}

test('records move in the order of the decisions, and what comes meanwhile stays for the next round', async () => {
  const sink = await openJsonLines(file())
  const late: Sink = {
    ...sink,
    async write(records) {
      await sink.write(records)
      await push('3')
    },
  }
  await push('1', '2')
  expect(await drainOnce(redis, late, createLease(redis, 'me'))).toEqual({ written: 2, rejected: 0 })
  expect(await written()).toEqual(['1', '2'])
  expect(await left()).toBe(1)
  expect(await drainOnce(redis, sink, createLease(redis, 'me'))).toEqual({ written: 1, rejected: 0 })
  expect(await written()).toEqual(['1', '2', '3'])
  expect(await sink.count('anna')).toBe(3)
  expect(await sink.count('bert')).toBe(0)
})

test('a sink that fails loses nothing', async () => {
  const sink = await openJsonLines(file())
  const failing: Sink = { ...sink, write: () => Promise.reject(new Error('disk full')) }
  await push('1', '2')
  await expect(drainOnce(redis, failing, createLease(redis, 'me'))).rejects.toThrow('disk full')
  expect(await left()).toBe(2)
  await drainOnce(redis, sink, createLease(redis, 'me'))
  expect(await written()).toEqual(['1', '2'])
})

test('a pump that is killed between the write and the deletion writes nothing twice', async () => {
  await push('1', '2')
  const killed = await openJsonLines(file())
  const dying: Sink = {
    ...killed,
    async write(records) {
      await killed.write(records)
      throw new Error('killed')
    },
  }
  await expect(drainOnce(redis, dying, createLease(redis, 'me'))).rejects.toThrow('killed')
  await push('3')
  await drainOnce(redis, await openJsonLines(file()), createLease(redis, 'me'))
  expect(await written()).toEqual(['1', '2', '3'])
  expect(await left()).toBe(0)
})

test('half a line that a crash left is dropped, and its record comes again', async () => {
  await writeFile(file(), '{"id":"0"}\n{"id":"1","us')
  await push('1')
  await drainOnce(redis, await openJsonLines(file()), createLease(redis, 'me'))
  expect(await written()).toEqual(['0', '1'])
})

test('S102: of two pumps only the holder of the lease deletes', async () => {
  const sink = await openJsonLines(file())
  const [one, two] = [createLease(redis, 'one'), createLease(redis, 'two')]
  await push('1')
  expect(await one.hold()).toBe(true)
  expect(await drainOnce(redis, sink, two)).toEqual({ written: 0, rejected: 0 })
  expect(await left()).toBe(1)
  await two.release()
  expect(await drainOnce(redis, sink, one)).toEqual({ written: 1, rejected: 0 })
  await one.release()
  expect(await two.hold()).toBe(true)
})

test('a write that outlasts the lease deletes nothing that another may be writing', async () => {
  const sink = await openJsonLines(file())
  const slow: Sink = {
    ...sink,
    async write() {
      await redis.command('SET', 'iam:pump:lease', 'another')
    },
  }
  await push('1')
  await drainOnce(redis, slow, createLease(redis, 'me'))
  expect(await left()).toBe(1)
})

test('entries that are no records do not block the list', async () => {
  await redis.command('LPUSH', analyticsList, 'no json', '7', '{"id":1}')
  await push('1')
  const sink = await openJsonLines(file())
  expect(await drainOnce(redis, sink, createLease(redis, 'me'))).toEqual({ written: 1, rejected: 3 })
  expect(await left()).toBe(0)
})
