import { describe, expect, it } from 'vitest'
import { causesOf, impactOf, type Impact, type Reader } from '../../src/dev/impact.ts'
import { createLoop } from '../../src/dev/loop.ts'
import { errorAt, StackError } from '../../src/stack/diagnostics.ts'
import type { Event } from '../../src/state/events.ts'

const readers: Reader[] = [
  { rule: 'the stack file', update: 'replan', resources: [], reads: (path) => path === '/app/iamstack.yaml' },
  {
    rule: 'image app reads it',
    update: 'rebuild',
    resources: ['service/api', 'service/worker'],
    reads: (path) => path.startsWith('/app/src/'),
  },
  {
    rule: 'template of config app',
    update: 'reload',
    resources: ['service/api'],
    reads: (path) => path === '/app/config/api.yaml',
  },
]

function harness(
  overrides: {
    reload?: () => Promise<boolean>
    outcome?: (turn: number) => Promise<{ isDone: boolean; isWell: boolean }>
    fails?: () => Error | undefined
  } = {},
) {
  const turns: string[][] = []
  const smoke: string[][] = []
  const events: Event[] = []
  const loop = createLoop({
    readers: () => readers,
    reload: overrides.reload ?? (() => Promise.resolve(true)),
    bring: (impacts) => {
      turns.push(pathsOf(impacts))
      const failure = overrides.fails?.()
      if (failure) return Promise.reject(failure)
      return Promise.resolve({
        outcome: overrides.outcome?.(turns.length) ?? Promise.resolve({ isDone: true, isWell: true }),
      })
    },
    afterwards: (impacts) => {
      smoke.push(pathsOf(impacts))
      return Promise.resolve()
    },
    emit: (event) => events.push(event),
    now: () => 0,
  })
  return { loop, turns, smoke, events }
}

const pathsOf = (impacts: readonly Impact[]): string[] => [...new Set(impacts.map(({ path }) => path))]

describe('impact', () => {
  it('is total: every path gets an answer, one per reader that it concerns', () => {
    expect(
      impactOf(['/app/src/a.ts', '/app/README.md', '/app/config/api.yaml'], readers).map(
        ({ path, update, resources }) => `${path} ${update} ${resources.join(' ')}`.trim(),
      ),
    ).toEqual([
      '/app/src/a.ts rebuild service/api service/worker',
      '/app/README.md ignored',
      '/app/config/api.yaml reload service/api',
    ])
  })

  it('S125: the cause of an update is the edited file', () => {
    expect(causesOf(impactOf(['/app/src/a.ts', '/app/src/b.ts', '/app/config/api.yaml'], readers))).toEqual(
      new Map([
        ['service/api', '/app/src/a.ts and 2 more'],
        ['service/worker', '/app/src/a.ts and 1 more'],
      ]),
    )
  })
})

describe('loop', () => {
  it('S125: loses no edit that comes while a turn is running, and runs the smoke tests once at the end', async () => {
    const { loop, turns, smoke } = harness()
    loop.edit(['/app/src/a.ts'])
    loop.edit(['/app/src/b.ts', '/app/src/c.ts'])
    await loop.idle()
    expect(turns.flat()).toEqual(expect.arrayContaining(['/app/src/a.ts', '/app/src/b.ts', '/app/src/c.ts']))
    expect(smoke).toHaveLength(1)
  })

  it('an edit of a file that nothing reads makes no turn', async () => {
    const { loop, turns, events } = harness()
    loop.edit(['/app/README.md'])
    await loop.idle()
    expect(turns).toEqual([])
    expect(events).toEqual([])
  })

  it('a broken stack file keeps the last good state: nothing is planned', async () => {
    const { loop, turns } = harness({ reload: () => Promise.resolve(false) })
    loop.edit(['/app/iamstack.yaml'])
    await loop.idle()
    expect(turns).toEqual([])
  })

  it('S126: mistakes in files are told where they stand, and the edit goes in with the next one', async () => {
    const span = { file: '/app/config/api.yaml', line: 3, column: 1, length: 1 }
    const failures = [new StackError([errorAt('config/missing', 'no value', span)]), new Error('no room')]
    const { loop, turns, events } = harness({ fails: () => failures.shift() })
    for (const name of ['a', 'b', 'c']) {
      loop.edit([`/app/src/${name}.ts`])
      await loop.idle()
    }
    expect(turns.at(-1)).toEqual(['/app/src/a.ts', '/app/src/b.ts', '/app/src/c.ts'])
    const told = events.flatMap((event) =>
      event.type === 'diagnostic.reported'
        ? [event.diagnostic.code]
        : event.type === 'message.reported'
          ? [event.text]
          : [],
    )
    expect(told).toEqual([
      'config/missing',
      'this edit could not be planned: what runs stays until it is mended',
      'this edit could not be planned: no room',
    ])
  })

  it('S126: what failed stays dirty and is part of the next turn', async () => {
    const { loop, turns, smoke } = harness({
      outcome: (turn) => Promise.resolve({ isDone: true, isWell: turn > 1 }),
    })
    loop.edit(['/app/src/a.ts'])
    await loop.idle()
    expect(smoke).toEqual([])
    loop.edit(['/app/src/b.ts'])
    await loop.idle()
    expect(turns).toEqual([['/app/src/a.ts'], ['/app/src/a.ts', '/app/src/b.ts']])
    expect(smoke).toEqual([['/app/src/a.ts', '/app/src/b.ts']])
  })

  it('the next turn does not wait for the steps of the one before', async () => {
    let end: (outcome: { isDone: boolean; isWell: boolean }) => void = () => undefined
    const slow = new Promise<{ isDone: boolean; isWell: boolean }>((resolve) => (end = resolve))
    const { loop, turns, smoke } = harness({
      outcome: (turn) => (turn === 1 ? slow : Promise.resolve({ isDone: true, isWell: true })),
    })
    loop.edit(['/app/src/a.ts'])
    await new Promise((resolve) => setImmediate(resolve))
    loop.edit(['/app/src/b.ts'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(turns).toHaveLength(2)
    expect(smoke).toEqual([])
    end({ isDone: true, isWell: true })
    await loop.idle()
    expect(smoke).toHaveLength(1)
  })
})
