import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { directory, patience, server } from './discovery.mjs'

test('an address is known until it was silent for too long', () => {
  let time = 0
  const entries = directory(() => time)
  entries.announce('user', 'http://one')
  time += patience - 1
  entries.announce('user', 'http://two')
  assert.deepEqual(entries.find('user'), ['http://one', 'http://two'])
  time += 1
  assert.deepEqual(entries.find('user'), ['http://two'])
  assert.deepEqual(entries.find('other'), [])
})

test('announced and found over HTTP', async () => {
  const running = server(directory())
  await once(running.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${running.address().port}/services/user`
  const put = (body) => fetch(url, { method: 'PUT', body })
  assert.equal((await put('{"address":"http://user:7911"}')).status, 200)
  for (const body of ['{', '{}', '{"address":"nowhere"}', 'null']) assert.equal((await put(body)).status, 400)
  assert.deepEqual(await (await fetch(url)).json(), { addresses: ['http://user:7911'] })
  running.close()
})
