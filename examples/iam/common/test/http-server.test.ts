import { afterEach, expect, test } from 'vitest'
import { badRequest } from '../src/http-error.ts'
import { serve, type CloseServer } from '../src/http-server.ts'
import { requestJson } from '../src/json-client.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import { operationRoutes } from '../src/operations.ts'
import type { Routes } from '../src/router.ts'
import { freePort } from './free-port.ts'

let close: CloseServer | undefined
afterEach(async () => {
  await close?.()
  close = undefined
})

async function start(routes: Routes): Promise<{ url: string; lines: string[]; metrics: () => string }> {
  const port = await freePort()
  const lines: string[] = []
  const metrics = createMetrics()
  const log = createLog('test', 'info', (line) => void lines.push(line))
  close = await serve({
    host: '127.0.0.1',
    port,
    routes,
    log,
    requests: metrics.counter('requests_total', 'Requests.'),
  })
  return { url: `http://127.0.0.1:${String(port)}`, lines, metrics: metrics.text }
}

test('every kind of answer has its status and a body that says why', async () => {
  const { url, lines } = await start({
    'GET /things/:name': ({ parameters, query }) => ({ body: { ...parameters, limit: query.get('limit') } }),
    'POST /things': ({ body }) => ({ status: 201, body }),
    'DELETE /things/:name': () => ({}),
    'GET /bad': () => {
      throw badRequest('no', ['this', 'that'])
    },
    'GET /broken': () => {
      throw new Error('password=hunter2')
    },
  })
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await requestJson({ method, url: `${url}${path}`, body })
    return [answer.status, answer.body]
  }
  expect([
    await ask('GET', '/things/a%2Fb?limit=3'),
    await ask('POST', '/things', { a: 1 }),
    await ask('DELETE', '/things/x'),
    await ask('PUT', '/things/x'),
    await ask('GET', '/nowhere'),
    await ask('GET', '/things/%ZZ'),
    await ask('GET', '/bad'),
    await ask('GET', '/broken'),
  ]).toMatchInlineSnapshot(`
    [
      [
        200,
        {
          "limit": "3",
          "name": "a/b",
        },
      ],
      [
        201,
        {
          "a": 1,
        },
      ],
      [
        204,
        undefined,
      ],
      [
        405,
        {
          "error": {
            "code": "method-not-allowed",
            "message": "/things/x takes GET, DELETE, not PUT",
          },
        },
      ],
      [
        404,
        {
          "error": {
            "code": "not-found",
            "message": "nothing is at /nowhere",
          },
        },
      ],
      [
        404,
        {
          "error": {
            "code": "not-found",
            "message": "nothing is at /things/%ZZ",
          },
        },
      ],
      [
        400,
        {
          "error": {
            "code": "bad-request",
            "details": [
              "this",
              "that",
            ],
            "message": "no",
          },
        },
      ],
      [
        500,
        {
          "error": {
            "code": "internal",
            "message": "the server failed; its log says why",
          },
        },
      ],
    ]
  `)
  expect(lines.filter((line) => line.includes('request failed'))).toHaveLength(1)
})

test('health, version and metrics', async () => {
  const metrics = createMetrics()
  metrics.gauge('up', 'Whether.', () => 1)
  metrics.counter('seen_total', 'How often.').add(2, { path: '/a"b' })
  const state: { reason?: string } = {}
  const { url } = await start(operationRoutes(() => state.reason, metrics))
  const healthy = await requestJson({ method: 'GET', url: `${url}/healthz` })
  state.reason = 'the sink is down'
  const unhealthy = await requestJson({ method: 'GET', url: `${url}/healthz` })
  expect([healthy, unhealthy]).toEqual([
    { status: 200, body: { status: 'ok' } },
    { status: 503, body: { status: 'unhealthy', reason: 'the sink is down' } },
  ])
  expect(await (await fetch(`${url}/metrics`)).text()).toMatchInlineSnapshot(`
    "# HELP up Whether.
    # TYPE up gauge
    up 1
    # HELP seen_total How often.
    # TYPE seen_total counter
    seen_total{path="/a\\"b"} 2
    "
  `)
})

test('closing lets an answer under way end', async () => {
  let answer = (): void => undefined
  let arrived = (): void => undefined
  const hasArrived = new Promise<void>((resolve) => (arrived = resolve))
  const { url } = await start({
    'GET /slow': async () => {
      arrived()
      await new Promise<void>((resolve) => (answer = resolve))
      return { body: { done: true } }
    },
  })
  const request = requestJson({ method: 'GET', url: `${url}/slow` })
  await hasArrived
  const closing = close?.()
  close = undefined
  answer()
  expect((await request).body).toEqual({ done: true })
  await closing
  await expect(requestJson({ method: 'GET', url })).rejects.toThrow(/ECONNREFUSED/)
})
