import { expect, test } from 'vitest'
import { createRespParser, encodeCommand, encodeReply, RespError, type RespValue } from '../src/resp.ts'

function parseAll(...chunks: readonly Buffer[]): RespValue[] {
  const values: RespValue[] = []
  const parse = createRespParser((value) => void values.push(value))
  for (const chunk of chunks) parse(chunk)
  return values
}

const values: readonly RespValue[] = [
  '',
  'ä€😀\r\n*1\r\n',
  0,
  -7,
  null,
  [],
  ['subscribe', 'c', 1],
  [null, ['deep', [1]]],
]
const bytes = Buffer.from(values.map(encodeReply).join(''))

test('what was encoded comes back, whatever the size of the chunks', () => {
  expect(parseAll(bytes)).toEqual(values)
  expect(parseAll(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(values)
})

test('an error reply is a value', () => {
  const [value] = parseAll(Buffer.from('-ERR no\r\n'))
  expect(value).toBeInstanceOf(RespError)
  expect(value).toHaveProperty('message', 'ERR no')
})

test('lengths count bytes', () => {
  expect(encodeCommand(['SET', 'ä', ''])).toBe('*3\r\n$3\r\nSET\r\n$2\r\nä\r\n$0\r\n\r\n')
})

test.each(['GET x\r\n', '$99999999999\r\n', '*x\r\n', '$-2\r\n'])('%j is not RESP', (text) => {
  expect(() => parseAll(Buffer.from(text))).toThrow(/ERR Protocol error/)
})
