import { expect, test } from 'vitest'
import type { Event } from '../../src/state/events.ts'
import { reduce } from '../../src/state/reduce.ts'
import { initialState, type State } from '../../src/state/state.ts'

const api = 'service/api'

function after(...events: Event[]): State {
  return events.reduce(reduce, initialState)
}

const started = (at: number): Event => ({
  type: 'step.started',
  at,
  step: 's',
  resource: api,
  op: 'replace',
  cause: 'src/main.ts changed',
})

test('what was done last keeps its cause and its time', () => {
  const state = after(started(10), {
    type: 'step.finished',
    at: 30,
    step: 's',
    resource: api,
    op: 'replace',
    milliseconds: 20,
  })
  expect(state.resources.get(api)).toMatchObject({
    step: undefined,
    last: { op: 'replace', cause: 'src/main.ts changed', milliseconds: 20, at: 30 },
  })
})

test('a state is as old as its health, whatever else is seen', () => {
  const ready = (at: number): Event => ({
    type: 'resource.changed',
    at,
    resource: api,
    health: 'ready',
    detail: `seen at ${at}`,
  })
  const since = (...events: Event[]): number | undefined => after(...events).resources.get(api)?.since
  expect(since(ready(10), ready(20))).toBe(10)
  expect(since(ready(10), started(30))).toBe(30)
  expect(since(ready(10), started(30), ready(40), ready(50))).toBe(40)
})

test('a change by hand is gone as soon as it is no longer seen', () => {
  const seen = (drift?: string): Event => ({
    type: 'resource.changed',
    at: 1,
    resource: api,
    health: 'ready',
    detail: '',
    ...(drift !== undefined && { drift }),
  })
  expect(after(seen('spec.replicas')).resources.get(api)?.drift).toBe('spec.replicas')
  expect(after(seen('spec.replicas'), seen()).resources.get(api)?.drift).toBeUndefined()
})

test('a forward is known by service and port, and its problem ends', () => {
  const forward = {
    type: 'forward.changed',
    at: 1,
    service: 'api',
    port: 'http',
    url: 'http://localhost:1',
  } as const
  const state = after({ ...forward, open: 1, problem: 'no pod is ready' }, { ...forward, open: 2 })
  expect([...state.forwards]).toEqual([
    ['api:http', { service: 'api', port: 'http', url: 'http://localhost:1', open: 2 }],
  ])
})
