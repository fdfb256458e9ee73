import { describe, expect, it } from 'vitest'
import { beginsRequest, Exchange } from '../../src/forward/exchange.ts'

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const post = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi'

/** What is known after `>` said by the client and `<` by the server. */
function after(...said: readonly string[]): string {
  const exchange = new Exchange()
  for (const words of said) {
    const bytes = Buffer.from(words.slice(1))
    if (words.startsWith('>')) exchange.asked(bytes)
    else exchange.answered(bytes)
  }
  if (exchange.isFresh) return 'fresh'
  if (exchange.isAtRest) return 'at rest'
  return exchange.mayBeRepeated ? 'may be repeated' : 'under way'
}

describe('an HTTP/1.1 connection', () => {
  it.each([
    ['nothing said', [], 'fresh'],
    ['a GET', [`>${get}`], 'may be repeated'],
    ['a POST', [`>${post}`], 'under way'],
    ['two GETs at once', [`>${get}${get}`], 'under way'],
    ['half a head', ['>GET / HTTP/1.1\r\nHo'], 'under way'],
    ['a GET and half an answer', [`>${get}`, '<HTTP/1.1 200 OK\r\nConte'], 'under way'],
    ['a length', [`>${get}`, '<HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'], 'at rest'],
    ['half of a length', [`>${get}`, '<HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok'], 'under way'],
    ['the other half', [`>${get}`, '<HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok', '<ok'], 'at rest'],
    ['more than the length', [`>${get}`, '<HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok'], 'under way'],
    [
      'chunks, cut anywhere',
      [`>${get}`, '<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r', '<\n0\r\n', '<\r\n'],
      'at rest',
    ],
    [
      'no chunk at all',
      [`>${get}`, '<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      'at rest',
    ],
    ['an end that only the close tells', [`>${get}`, '<HTTP/1.1 200 OK\r\n\r\nok'], 'under way'],
    ['no content', [`>${get}`, '<HTTP/1.1 204 No Content\r\n\r\n'], 'at rest'],
    [
      '100 before the answer',
      [`>${post}`, '<HTTP/1.1 100 Continue\r\n\r\n', '<HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
      'at rest',
    ],
    [
      'a server that will close',
      [`>${get}`, '<HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
      'under way',
    ],
    ['the next request', [`>${get}`, '<HTTP/1.1 204 No Content\r\n\r\n', `>${get}`], 'may be repeated'],
    [
      'a change of protocol',
      ['>GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n', '<HTTP/1.1 101 Switching\r\n\r\n'],
      'under way',
    ],
    ['another protocol', ['>PING\r\n', '<PONG\r\n'], 'under way'],
    ['a server that speaks first', ['<220 hello\r\n'], 'under way'],
  ])('%s', (_, said, state) => {
    expect(after(...said)).toBe(state)
  })

  it('begins a request with a whole head', () => {
    expect(
      [get, post, 'GET / HTTP/1.1\r\n', 'hello'].map((text) => beginsRequest(Buffer.from(text))),
    ).toEqual([true, true, false, false])
  })
})
