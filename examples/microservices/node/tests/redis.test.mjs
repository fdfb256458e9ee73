import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Redis, parse } from '../redis.mjs'

test('replies of every kind, and nothing where one is not complete', () => {
  const read = (text) => parse(Buffer.from(text))
  assert.deepEqual(read('+OK\r\n+next'), { value: 'OK', length: 5 })
  assert.deepEqual(read(':42\r\n'), { value: 42, length: 5 })
  assert.deepEqual(read('$-1\r\n'), { value: null, length: 5 })
  assert.deepEqual(read('$3\r\nKä\r\n'), { value: 'Kä', length: 9 })
  assert.deepEqual(read('-ERR no\r\n'), { error: 'ERR no', length: 9 })
  for (const part of ['', '+OK', '$3\r\nK', '$2\r\nab']) assert.equal(read(part), undefined)
})

test('commands are answered in order, lost ones fail, and the next one connects anew', async () => {
  const commands = []
  const server = createServer((socket) => {
    socket.setEncoding('utf8').on('data', (text) => {
      commands.push(text)
      if (text.includes('DIE')) socket.destroy()
      else socket.write(':1\r\n')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const redis = new Redis('127.0.0.1', server.address().port)
  assert.equal(await redis.send('GET', 'ü'), 1)
  assert.equal(commands[0], '*2\r\n$3\r\nGET\r\n$2\r\nü\r\n')
  await assert.rejects(redis.send('DIE'))
  assert.equal(await redis.send('PING'), 1)
  redis.close()
  server.close()
})
