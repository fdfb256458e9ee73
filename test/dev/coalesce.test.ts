import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createCoalescer,
  longestBusyMilliseconds,
  longestMilliseconds,
  quietMilliseconds,
  type Timers,
} from '../../src/dev/coalesce.ts'

/** A clock that a test moves. */
function clock() {
  let now = 0
  let pending: { at: number; act: () => void }[] = []
  const timers: Timers = {
    now: () => now,
    after(milliseconds, act) {
      const timer = { at: now + milliseconds, act }
      pending.push(timer)
      return { cancel: () => (pending = pending.filter((each) => each !== timer)) }
    },
  }
  const advance = (milliseconds: number): void => {
    const end = now + milliseconds
    for (;;) {
      const next = pending.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0]
      if (!next) break
      pending = pending.filter((each) => each !== next)
      now = Math.max(now, next.at)
      next.act()
    }
    now = end
  }
  return { timers, advance, now: () => now }
}

describe('coalescer', () => {
  it('S125: hands the first event of a quiet tree on at once and the rest of the burst together', () => {
    const { timers, advance } = clock()
    const batches: (readonly string[])[] = []
    const coalescer = createCoalescer((paths) => batches.push(paths), timers)
    coalescer.add('a')
    expect(batches).toEqual([['a']])
    coalescer.add('b')
    coalescer.add('c')
    coalescer.add('b')
    expect(batches).toEqual([['a']])
    advance(quietMilliseconds)
    expect(batches).toEqual([['a'], ['b', 'c']])
    advance(1000)
    coalescer.add('d')
    expect(batches).toEqual([['a'], ['b', 'c'], ['d']])
  })

  it('a writer that never rests does not hold its batch back for longer than the cap', () => {
    const { timers, advance, now } = clock()
    const times: number[] = []
    const coalescer = createCoalescer(() => times.push(now()), timers)
    for (let step = 0; step < 100; step++) {
      coalescer.add('a')
      advance(quietMilliseconds - 1)
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(times.length).toBeGreaterThan(5)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(longestMilliseconds + quietMilliseconds)
  })

  it('S125: a checkout is one batch, its first file included, and the edit after it is handed on at once again', () => {
    const { timers, advance } = clock()
    const batches: (readonly string[])[] = []
    let isBusy = true
    const coalescer = createCoalescer(
      (paths) => batches.push(paths),
      timers,
      () => isBusy,
    )
    const files = Array.from({ length: 500 }, (_, index) => `file-${index}`)
    for (const file of files) {
      coalescer.add(file)
      advance(quietMilliseconds / 3)
    }
    advance(10 * longestMilliseconds)
    expect(batches).toEqual([])
    isBusy = false
    advance(quietMilliseconds)
    expect(batches).toEqual([files])
    advance(quietMilliseconds)
    coalescer.add('edit')
    expect(batches).toEqual([files, ['edit']])
  })

  it('a tree that never ceases to be busy starves nobody', () => {
    const { timers, advance } = clock()
    const batches: (readonly string[])[] = []
    const coalescer = createCoalescer(
      (paths) => batches.push(paths),
      timers,
      () => true,
    )
    coalescer.add('a')
    advance(longestBusyMilliseconds - quietMilliseconds)
    expect(batches).toEqual([])
    advance(2 * quietMilliseconds)
    expect(batches).toEqual([['a']])
  })

  it('loses nothing: every path is handed on at or after its last event', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(80))), (events) => {
        const { timers, advance, now } = clock()
        const handedOn = new Map<string, number>()
        const added = new Map<string, number>()
        const coalescer = createCoalescer(
          (paths) => paths.forEach((path) => handedOn.set(path, now())),
          timers,
        )
        for (const [file, pause] of events) {
          added.set(String(file), now())
          coalescer.add(String(file))
          advance(pause)
        }
        advance(longestMilliseconds + quietMilliseconds)
        for (const [path, at] of added) expect(handedOn.get(path)).toBeGreaterThanOrEqual(at)
      }),
    )
  })
})
