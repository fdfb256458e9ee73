import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { gateway, metrics, parseRoutes } from '../api-gateway.mjs'
import { jsonServer } from '../web.mjs'

async function open(server) {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

test('requests go where their path leads, with method, headers and body', async () => {
  const behind = jsonServer({
    'POST /user/login': ({ headers }, body) => ({ body, language: headers['accept-language'] }),
  })
  const { server, counts } = gateway(parseRoutes(`/user=${await open(behind)} /course=http://127.0.0.1:1`))
  const origin = await open(server)
  const answer = await fetch(`${origin}/user/login`, {
    method: 'POST',
    headers: { 'accept-language': 'fr' },
    body: '{"a":1}',
  })
  assert.deepEqual(await answer.json(), { body: { a: 1 }, language: 'fr' })
  const statuses = await Promise.all(
    ['/course/x', '/users', '/'].map(async (path) => (await fetch(origin + path)).status),
  )
  assert.deepEqual(statuses, [502, 404, 404])
  assert.equal(
    metrics(counts),
    '# TYPE gateway_requests_total counter\ngateway_requests_total{route="/user"} 1\ngateway_requests_total{route="/course"} 1\n',
  )
  for (const each of [server, behind]) each.close()
})

test('a route that is none is an error', () => {
  for (const text of ['user=http://a', '/user', '/user=nowhere'])
    assert.throws(() => parseRoutes(text), /no route/)
})
