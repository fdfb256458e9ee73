import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  attachProtocol,
  readFromDev,
  readFromViewer,
  readHello,
  type FromViewer,
  type Hello,
} from '../../src/attach/protocol.ts'

const hello: Hello = {
  type: 'hello',
  protocol: attachProtocol,
  version: '1.2.3',
  pid: 41,
  startedAt: 1_700_000_000_000,
  project: 'shop',
  target: 'compose',
  services: ['api'],
  log: '/state/dev.log',
}
/** As it comes out of the socket. */
const sent = (message: unknown): unknown => JSON.parse(JSON.stringify(message))

describe('the first message of a socket', () => {
  test('of our version is what it says', () => {
    expect(readHello(sent(hello))).toEqual({ kind: 'ours', hello })
  })

  test('of another version is known by its number and process, whatever else it holds', () => {
    expect(readHello({ type: 'hello', protocol: 99, pid: 41 })).toEqual({
      kind: 'other',
      protocol: 99,
      pid: 41,
    })
  })

  test.each([
    ['nothing', null],
    ['a word', 'hello'],
    ['a list', [hello]],
    ['another type', { ...hello, type: 'greeting' }],
    ['no version', { ...hello, protocol: 'one' }],
    ['no process', { ...hello, pid: undefined }],
    ['no services', { ...hello, services: 'api' }],
    ['services that are no names', { ...hello, services: [1] }],
  ])('%s is no hello', (_what, value) => {
    expect(readHello(value)).toEqual({ kind: 'garbage' })
  })
})

describe('what a viewer asks', () => {
  const requests: readonly FromViewer[] = [
    { type: 'attach', looks: true, logs: false },
    { type: 'act', id: 1, intent: { kind: 'quit', then: 'down' } },
    { type: 'act', id: 2, intent: { kind: 'restart', services: ['api', 'web'] } },
    { type: 'act', id: 3, intent: { kind: 'rebuild', services: [] } },
    { type: 'act', id: 4, intent: { kind: 'resync', services: ['api'] } },
    { type: 'act', id: 5, intent: { kind: 'stop', services: ['api'] } },
    { type: 'act', id: 6, intent: { kind: 'scale', service: 'api', replicas: 0 } },
    { type: 'act', id: 7, intent: { kind: 'smoke', checks: undefined } },
    { type: 'act', id: 8, intent: { kind: 'smoke', checks: ['login'] } },
  ]
  test.each(requests.map((request) => [JSON.stringify(request), request] as const))(
    '%s',
    (_text, request) => {
      expect(readFromViewer(sent(request))).toEqual(request)
    },
  )

  test.each([
    ['an attach without its wishes', { type: 'attach' }],
    ['an act without a number', { type: 'act', intent: { kind: 'restart', services: [] } }],
    ['an end that is none', { type: 'act', id: 1, intent: { kind: 'quit', then: 'never' } }],
    ['a service that is no name', { type: 'act', id: 1, intent: { kind: 'restart', services: [7] } }],
    ['half a replica', { type: 'act', id: 1, intent: { kind: 'scale', service: 'api', replicas: 0.5 } }],
    ['fewer than none', { type: 'act', id: 1, intent: { kind: 'scale', service: 'api', replicas: -1 } }],
    // What is done where the person sits is not done by dev for somebody else.
    ['a command', { type: 'act', id: 1, intent: { kind: 'run', words: ['down'], isInteractive: false } }],
    ['a URL', { type: 'act', id: 1, intent: { kind: 'open', url: 'http://localhost' } }],
  ])('%s is refused', (_what, value) => {
    expect(readFromViewer(value)).toBeUndefined()
  })
})

test('no JSON makes a reader throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const read of [readHello, readFromDev, readFromViewer]) read(value)
    }),
  )
  expect([null, 1, 'x', [], {}].map(readFromDev)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
