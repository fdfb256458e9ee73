import { afterEach, expect, test, vi } from 'vitest'
import { startRedisServer, type RedisServer } from '../../redis/src/server.ts'
import { createLog } from '../src/log.ts'
import { createRedisClient, subscribeRedis } from '../src/redis-client.ts'

const log = createLog('test', 'error', () => undefined)
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function server(port = 0): Promise<RedisServer> {
  const started = await startRedisServer('127.0.0.1', port)
  open.push(started)
  return started
}

async function client(port: number): Promise<ReturnType<typeof createRedisClient>> {
  const created = createRedisClient({ host: '127.0.0.1', port }, log)
  open.push(created)
  await vi.waitUntil(created.isConnected)
  return created
}

test('replies come in the order of the commands, errors among them', async () => {
  const redis = await client((await server()).port)
  const outcomes = await Promise.allSettled([
    redis.command('PING'),
    redis.command('LPUSH', 'list', 'a', 'b'),
    redis.command('GET', 'list'),
    redis.command('LRANGE', 'list', '0', '-1'),
    redis.command('NONSENSE'),
    redis.command('GET', 'nothing'),
  ])
  expect(outcomes.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))).toEqual([
    'PONG',
    2,
    'Error: WRONGTYPE Operation against a key holding the wrong kind of value',
    ['b', 'a'],
    "Error: ERR unknown command 'NONSENSE'",
    null,
  ])
})

test('a client finds a server again that was away, and says so meanwhile', async () => {
  const first = await server()
  const redis = await client(first.port)
  await first.close()
  await vi.waitUntil(() => !redis.isConnected())
  await expect(redis.command('PING')).rejects.toThrow('redis is not connected')
  await server(first.port)
  await vi.waitUntil(redis.isConnected, { timeout: 5000 })
  await expect(redis.command('PING')).resolves.toBe('PONG')
})

test('a subscriber hears every message, and of every reconnect, for messages may have been missed', async () => {
  const first = await server()
  const heard: (string | undefined)[] = []
  const subscription = subscribeRedis(
    { host: '127.0.0.1', port: first.port },
    ['a', 'b'],
    (each) => void heard.push(each),
    log,
  )
  open.push(subscription)
  await vi.waitUntil(() => heard.length === 1)
  const redis = await client(first.port)
  await expect(redis.command('PUBLISH', 'b', 'x')).resolves.toBe(1)
  await expect(redis.command('PUBLISH', 'c', 'x')).resolves.toBe(0)
  await vi.waitUntil(() => heard.length === 2)
  await first.close()
  await server(first.port)
  await vi.waitUntil(() => heard.length === 3, { timeout: 5000 })
  expect(heard).toEqual([undefined, 'b', undefined])
})
