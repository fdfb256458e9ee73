import { expect, test } from 'vitest'
import { clientOf, collect, failureOf, fakeApi, json, statusOf } from './fake-api.ts'

const options = { container: 'c', follow: true, previous: false }
const never = new AbortController().signal

test('lines are whole however they come, with their time; a last one may have no end', async () => {
  const text = Buffer.from(
    '2026-01-02T03:04:05.123456789Z grüße\r\n2026-01-02T03:04:06.5+02:00 \n2026-01-02T03:04:07Z a b\nunable to open\n2026-01-02T03:04:08Z rest',
  )
  const { url, requests } = await fakeApi(async (_request, response) => {
    for (const byte of text) {
      response.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  const client = await clientOf(url)
  const lines = await collect(client.logs('n', 'p', { ...options, since: 1_000_400, tail: 5 }, never))
  expect(lines.filter(({ text }) => text !== 'unable to open')).toEqual([
    { time: Date.parse('2026-01-02T03:04:05.123Z'), text: 'grüße' },
    { time: Date.parse('2026-01-02T01:04:06.5Z'), text: '' },
    { time: Date.parse('2026-01-02T03:04:07Z'), text: 'a b' },
    { time: Date.parse('2026-01-02T03:04:08Z'), text: 'rest' },
  ])
  expect(lines.map(({ text }) => text)).toContain('unable to open')
  expect(requests[0]?.query).toMatchInlineSnapshot(`
    {
      "container": "c",
      "follow": "true",
      "previous": "false",
      "sinceTime": "1970-01-01T00:16:40.000Z",
      "tailLines": "5",
      "timestamps": "true",
    }
  `)
})

test('since is exact, though the server knows whole seconds', async () => {
  const { url } = await fakeApi((_request, response) => {
    response.end('1970-01-01T00:16:40.300Z early\n1970-01-01T00:16:40.400Z exact\n')
  })
  const lines = await collect((await clientOf(url)).logs('n', 'p', { ...options, since: 1_000_400 }, never))
  expect(lines.map(({ text }) => text)).toEqual(['exact'])
})

test('a broken connection and a refusal are told, an abort is the end', async () => {
  const stop = new AbortController()
  const { url } = await fakeApi((request, response) => {
    if (request.path.includes('/gone/'))
      json(response, 404, statusOf(404, 'NotFound', 'pods "gone" not found'))
    else {
      response.write('2026-01-02T03:04:05Z one\n')
      if (request.path.includes('/broken/')) setTimeout(() => response.socket?.destroy(), 20)
      else setTimeout(() => stop.abort(), 20)
    }
  })
  const client = await clientOf(url)
  expect(await failureOf(collect(client.logs('n', 'gone', options, never)))).toBe(
    'KubeError 404 NotFound: pods "gone" not found',
  )
  expect(await failureOf(collect(client.logs('n', 'broken', options, never)))).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at http://HOST:PORT (context there) broke the connection
      it may be restarting: try again in a moment"
  `)
  expect(await collect(client.logs('n', 'p', options, stop.signal))).toHaveLength(1)
})
