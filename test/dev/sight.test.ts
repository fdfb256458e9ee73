import { expect, test } from 'vitest'
import { createSight } from '../../src/dev/sight.ts'
import type { Observed } from '../../src/plan/resource.ts'

const one: Observed = new Map()
const other: Observed = new Map()

test('what was seen is recalled until something changes', async () => {
  const sight = createSight()
  expect(sight.recall()).toBeUndefined()
  expect(await sight.look(() => Promise.resolve(one))).toBe(one)
  expect(sight.recall()).toBe(one)
  sight.doubt()
  expect(sight.recall()).toBeUndefined()
})

test('a look during which something changed is not kept', async () => {
  const sight = createSight()
  const found = await sight.look(() => {
    sight.doubt()
    return Promise.resolve(one)
  })
  expect(found).toBe(one)
  expect(sight.recall()).toBeUndefined()
})

test('nothing is kept while what runs is being changed, also by one of two', async () => {
  const sight = createSight()
  await sight.look(() => Promise.resolve(one))
  const ends: (() => void)[] = []
  const change = (): Promise<void> => new Promise((resolve) => ends.push(resolve))
  const first = sight.during(change)
  const second = sight.during(change)
  expect(sight.recall()).toBeUndefined()
  ends[0]?.()
  await first
  await sight.look(() => Promise.resolve(one))
  expect(sight.recall()).toBeUndefined()
  ends[1]?.()
  await second
  await sight.look(() => Promise.resolve(other))
  expect(sight.recall()).toBe(other)
})

test('a change that fails is over too', async () => {
  const sight = createSight()
  await expect(sight.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await sight.look(() => Promise.resolve(one))
  expect(sight.recall()).toBe(one)
})
