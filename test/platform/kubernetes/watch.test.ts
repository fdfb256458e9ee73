import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { WatchEvent } from '../../../src/platform/kubernetes/client.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { clientOf, failureOf, fakeApi, json, statusOf, type Request } from './fake-api.ts'

const event = (type: string, name: string, resourceVersion: string) =>
  `${JSON.stringify({ type, object: { metadata: { name, resourceVersion } } })}\n`
const isWatch = ({ query }: Request) => query['watch'] === 'true'

function listed(response: ServerResponse, resourceVersion: string, ...names: string[]): void {
  json(response, 200, { items: names.map((name) => ({ metadata: { name } })), metadata: { resourceVersion } })
}

/** Events until `count` of them have come. */
async function take(url: string, count: number): Promise<string[]> {
  const stop = new AbortController()
  const found: string[] = []
  for await (const each of (await clientOf(url)).watch(kinds.Pod, { namespace: 'n' }, stop.signal)) {
    found.push(wordsOf(each))
    if (found.length === count) stop.abort()
  }
  return found
}

function wordsOf(each: WatchEvent): string {
  return each.type === 'listed'
    ? `listed ${each.objects.map(({ metadata }) => metadata.name).join()}`
    : `${each.type} ${each.object.kind} ${each.object.metadata.name}`
}

test('goes on where a broken connection left off, bookmarks counted', async () => {
  const { url, requests } = await fakeApi((request, response) => {
    if (!isWatch(request)) listed(response, '10', 'a')
    else if (request.query['resourceVersion'] === '10') {
      response.write(event('ADDED', 'b', '11'))
      response.write(event('BOOKMARK', '', '19'))
      // Half an event, and the line goes dead.
      response.write('{"type":"ADDED","object":', () => response.socket?.destroy())
    } else {
      const whole = event('MODIFIED', 'grüße', '20')
      const bytes = Buffer.from(whole)
      const cut = bytes.indexOf('ü') + 1
      response.write(bytes.subarray(0, cut))
      setTimeout(() => response.write(bytes.subarray(cut)), 20)
    }
  })
  expect(await take(url, 3)).toEqual(['listed a', 'added Pod b', 'modified Pod grüße'])
  expect(requests.filter(isWatch).map(({ query }) => query['resourceVersion'])).toEqual(['10', '19'])
  expect(requests[1]?.query).toMatchInlineSnapshot(`
    {
      "allowWatchBookmarks": "true",
      "resourceVersion": "10",
      "timeoutSeconds": "280",
      "watch": "true",
    }
  `)
})

test.each([
  ['as the answer', (response: ServerResponse) => json(response, 410, statusOf(410, 'Expired', 'too old'))],
  [
    'as an event',
    (response: ServerResponse) =>
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'Expired', 'too old') })}\n`),
  ],
])('a forgotten position, told %s: everything is listed anew', async (_where, forget) => {
  let lists = 0
  const { url } = await fakeApi((request, response) => {
    if (!isWatch(request)) listed(response, String((lists += 1)), ...['a', 'b'].slice(0, lists))
    else if (lists === 1) forget(response)
    else response.write(event('DELETED', 'a', '9'))
  })
  expect(await take(url, 3)).toEqual(['listed a', 'listed a,b', 'deleted Pod a'])
})

test('a server that ends every watch at once is asked more and more slowly', async () => {
  const times: number[] = []
  const { url } = await fakeApi((request, response) => {
    if (!isWatch(request)) listed(response, '1')
    else {
      times.push(performance.now())
      if (times.length < 6) response.end()
      else response.write(event('ADDED', 'a', '2'))
    }
  })
  expect(await take(url, 2)).toEqual(['listed ', 'added Pod a'])
  // 50, 100, 200, 400, 800 ms; a timer may fire a millisecond early.
  expect((times[5] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_500)
})

test('a refusal is an error; the end of the signal is none', async () => {
  const { url } = await fakeApi((_request, response) => {
    json(response, 403, statusOf(403, 'Forbidden', 'pods is forbidden'))
  })
  expect(await failureOf(take(url, 1))).toBe('KubeError 403 Forbidden: pods is forbidden')
  const stop = new AbortController()
  stop.abort()
  const events = (await clientOf(url)).watch(kinds.Pod, { namespace: 'n' }, stop.signal)
  expect(await events[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
})

test('a kind that comes to be later is found', async () => {
  const { url, requests } = await fakeApi((request, response) => {
    if (requests.length < 3) json(response, 404, statusOf(404, 'NotFound', 'no such resource'))
    else if (isWatch(request)) response.write(event('ADDED', 'b', '4'))
    else listed(response, '3', 'a')
  })
  expect(await take(url, 4)).toEqual(['listed ', 'listed ', 'listed a', 'added Pod b'])
})
