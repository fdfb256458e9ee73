import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freeSubnet } from '../../../src/drivers/compose/apply/subnet.ts'
import { takenPort } from '../../../src/drivers/compose/apply/start.ts'
import { merged } from '../../../src/drivers/compose/merge.ts'
import { readStatus } from '../../../src/drivers/compose/observe/status-text.ts'
import { createTurns } from '../../../src/drivers/compose/turns.ts'

describe('the words of a container list', () => {
  test.each([
    ['running', 'Up 3 minutes (healthy)', 'healthy', undefined, 'running for 3 minutes, healthy'],
    [
      'running',
      'Up Less than a second (health: starting)',
      'starting',
      undefined,
      'running for less than a second, starting',
    ],
    [
      'running',
      'Up About a minute (unhealthy)',
      'unhealthy',
      undefined,
      'running for about a minute, unhealthy',
    ],
    ['running', 'Up 2 days', undefined, undefined, 'running for 2 days'],
    ['exited', 'Exited (137) 4 seconds ago', undefined, 137, 'exited 137, 4 seconds ago'],
    ['restarting', 'Restarting (1) Less than a second ago', undefined, 1, 'exited 1 and is started again'],
    ['created', 'Created', undefined, undefined, 'made, but never started'],
    ['paused', 'Up 3 minutes (Paused)', undefined, undefined, 'paused'],
  ] as const)('%s: %s', (state, status, health, exitCode, detail) => {
    expect(readStatus(state, status)).toEqual({ health, exitCode, detail })
  })
})

describe('a free subnet', () => {
  test('is the first that overlaps none, and as small as it may be', () => {
    expect(freeSubnet([], 3)).toBe('10.213.0.0/28')
    expect(freeSubnet(['10.213.0.0/28', '10.213.0.32/28', '172.17.0.0/16', 'fe80::/64'], 13)).toBe(
      '10.213.0.16/28',
    )
    expect(freeSubnet(['10.213.0.0/28'], 14)).toBe('10.213.0.32/27')
    expect(freeSubnet(['10.0.0.0/8'], 3)).toBeUndefined()
  })

  test('never overlaps one that is taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 40 }), (sizes) => {
        const taken: string[] = []
        for (const size of sizes) {
          const next = freeSubnet(taken, size)
          if (next === undefined) return
          const [start, end] = range(next)
          for (const other of taken) {
            const [from, to] = range(other)
            expect(end <= from || start >= to).toBe(true)
          }
          expect(end - start - 3).toBeGreaterThanOrEqual(size)
          taken.push(next)
        }
      }),
    )
  })

  function range(cidr: string): [number, number] {
    const [address = '', bits = ''] = cidr.split('/')
    const start = address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0)
    return [start, start + 2 ** (32 - Number(bits))]
  }
})

test('the port is read from each way in which an engine refuses it', () => {
  const driver = 'driver failed programming external connectivity on endpoint x (abc): '
  expect(takenPort(`${driver}Bind for 127.0.0.1:8000 failed: port is already allocated`)).toBe(8000)
  expect(
    takenPort(
      `${driver}Error starting userland proxy: listen tcp4 127.0.0.1:81: bind: address already in use`,
    ),
  ).toBe(81)
  expect(
    takenPort('Ports are not available: exposing port TCP 127.0.0.1:3000 -> 0.0.0.0:0: listen tcp'),
  ).toBe(3000)
  expect(takenPort('no such file')).toBeUndefined()
})

test('turns let no more than their number in, and keep the order', async () => {
  const turns = createTurns(2)
  let inside = 0
  let most = 0
  const order: number[] = []
  const work = (index: number) =>
    turns(async () => {
      inside += 1
      most = Math.max(most, inside)
      order.push(index)
      await new Promise((resolve) => setTimeout(resolve, 1))
      inside -= 1
      if (index === 1) throw new Error('one fails')
    })
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work))
  expect(most).toBe(2)
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
})

test('merged streams lose nothing, and a failing one ends the reading', async () => {
  const numbers = async function* (from: number) {
    for (let index = 0; index < 3; index += 1) {
      await Promise.resolve()
      yield from + index
    }
  }
  const failing = async function* () {
    yield* numbers(20)
    throw new Error('engine gone')
  }
  const lines = merged<number>(new AbortController().signal)
  lines.add(numbers(0))
  lines.add(numbers(10))
  lines.add(failing())
  const got: number[] = []
  await expect(async () => {
    for await (const value of lines.all()) got.push(value)
  }).rejects.toThrow('engine gone')
  expect(got.sort((one, other) => one - other)).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22])
})
