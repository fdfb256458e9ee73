import { describe, expect, test } from 'vitest'
import {
  createLogBuffers,
  defaultBounds,
  type LogBuffers,
  type LogQuery,
} from '../../src/state/log-buffers.ts'

const everything: LogQuery = { service: undefined, upTo: undefined, skip: 0, count: 100, matches: undefined }

function write(logs: LogBuffers, service: string, ...texts: string[]): void {
  for (const text of texts) logs.write({ time: 0, service, replica: 1, stream: 'stdout', text })
}

function texts(logs: LogBuffers, query: Partial<LogQuery> = {}): string[] {
  return logs.read({ ...everything, ...query }).map(({ text }) => text)
}

describe('reading', () => {
  const logs = createLogBuffers()
  write(logs, 'api', 'a1', 'a2')
  write(logs, 'web', 'w1')
  write(logs, 'api', 'a3')
  write(logs, 'web', 'w2')

  test('one service, or all merged by arrival, newest last', () => {
    expect(texts(logs, { service: 'api' })).toEqual(['a1', 'a2', 'a3'])
    expect(texts(logs)).toEqual(['a1', 'a2', 'w1', 'a3', 'w2'])
    expect(texts(logs, { service: 'nobody' })).toEqual([])
  })
  test('from the new end, with some left out', () => {
    expect(texts(logs, { count: 2 })).toEqual(['a3', 'w2'])
    expect(texts(logs, { count: 2, skip: 1 })).toEqual(['w1', 'a3'])
    expect(texts(logs, { count: 2, skip: 9 })).toEqual([])
  })
  test('nothing that came after a line, so a view stands still', () => {
    expect(texts(logs, { upTo: 3 })).toEqual(['a1', 'a2', 'w1'])
    expect(logs.count({ service: undefined, upTo: 3, matches: undefined })).toBe(3)
  })
  test('only what matches, which is what is counted and left out', () => {
    const matches = ({ text }: { text: string }): boolean => text.startsWith('a')
    expect(texts(logs, { matches, count: 1, skip: 1 })).toEqual(['a2'])
    expect(logs.count({ service: undefined, upTo: undefined, matches })).toBe(3)
  })
})

describe('bounds', () => {
  test('of a service: its oldest lines go', () => {
    const logs = createLogBuffers({ ...defaultBounds, perService: 3 })
    write(logs, 'api', '1', '2', '3', '4', '5')
    write(logs, 'web', 'w')
    expect(texts(logs)).toEqual(['3', '4', '5', 'w'])
    expect(texts(logs, { upTo: 4 })).toEqual(['3', '4'])
  })
  test('of all: those of the service that holds most', () => {
    const logs = createLogBuffers({ ...defaultBounds, total: 4 })
    write(logs, 'quiet', 'q')
    write(logs, 'loud', '1', '2', '3', '4', '5')
    expect(texts(logs)).toEqual(['q', '3', '4', '5'])
  })
  test('of characters, where lines are long', () => {
    const logs = createLogBuffers({ ...defaultBounds, characters: 10 })
    write(logs, 'api', 'aaaa', 'bbbb', 'cccc')
    expect(texts(logs)).toEqual(['bbbb', 'cccc'])
  })
  test('of a line of ten million characters', () => {
    const logs = createLogBuffers({ ...defaultBounds, line: 5 })
    write(logs, 'api', 'x'.repeat(10_000_000))
    expect(texts(logs)).toEqual(['xxxxx … (10000000 characters)'])
  })
  test('lines that go round many times stay in order', () => {
    const logs = createLogBuffers({ ...defaultBounds, perService: 7 })
    for (let index = 0; index < 1000; index += 1) write(logs, 'api', String(index))
    expect(texts(logs)).toEqual(['993', '994', '995', '996', '997', '998', '999'])
    expect(logs.newest()).toBe(1000)
  })
})
