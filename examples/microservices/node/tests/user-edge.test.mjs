import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { routesOf } from '../user-edge.mjs'
import { Refused, jsonServer } from '../web.mjs'

// The services behind it, as small as they can be.
const sent = []
const kept = new Map()
const behind = jsonServer({
  'POST /users': (_, { name }) => ({ id: 1, name }),
  'POST /check': (_, { name, password }) => {
    if (password !== 'right') throw new Refused(401, 'wrong name or password')
    return { id: 1, name }
  },
  'DELETE /users/1': () => undefined,
  'POST /messages': (_, message) => void sent.push(message),
  'GET /messages': () => sent,
})
const redis = {
  send: async (command, key, value) => {
    if (command === 'PING') return 'PONG'
    if (command === 'SET') kept.set(key, value)
    if (command === 'DEL') kept.delete(key)
    return kept.get(key) ?? null
  },
}
let edge
let origin

before(async () => {
  const url = await open(behind)
  edge = jsonServer(routesOf({ redis, find: async () => url, messageUrl: url }))
  origin = await open(edge)
})
after(() => [behind, edge].map((server) => server.close()))

async function open(server) {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

async function ask(method, path, body, token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(origin + path, { method, headers, body: body && JSON.stringify(body) })
  const text = await response.text()
  return { status: response.status, value: text === '' ? undefined : JSON.parse(text) }
}

test('a user is welcomed, logs in, reads, and is gone', async () => {
  assert.deepEqual(await ask('POST', '/user/register', { name: 'anna', password: 'right' }), {
    status: 200,
    value: { id: 1, name: 'anna' },
  })
  const { token } = (await ask('POST', '/user/login', { name: 'anna', password: 'right' })).value
  assert.deepEqual((await ask('GET', '/user/me', undefined, token)).value, { id: 1, name: 'anna' })
  const welcome = [{ to: 'anna', text: 'Welcome, anna!' }]
  assert.deepEqual((await ask('GET', '/user/messages', undefined, token)).value, welcome)
  assert.equal((await ask('DELETE', '/user/me', undefined, token)).status, 204)
  assert.deepEqual(await ask('GET', '/user/me', undefined, token), {
    status: 401,
    value: { error: 'log in first' },
  })
})

test('what the service behind refuses is refused in its words', async () => {
  assert.deepEqual(await ask('POST', '/user/login', { name: 'anna', password: 'wrong' }), {
    status: 401,
    value: { error: 'wrong name or password' },
  })
})

test('a token that nobody was given opens nothing', async () => {
  assert.equal((await ask('GET', '/user/me', undefined, 'deadbeef')).status, 401)
})
