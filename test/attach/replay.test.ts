import { expect, test } from 'vitest'
import { createRecent, mostRecent, packState, unpackState } from '../../src/attach/replay.ts'
import type { Event } from '../../src/state/events.ts'
import { reduce } from '../../src/state/reduce.ts'
import { initialState, type State } from '../../src/state/state.ts'
import type { Diagnostic } from '../../src/stack/diagnostics.ts'
import { noon, pictureEvents } from '../tui/picture.ts'

const carried = (state: State): State =>
  unpackState(JSON.parse(JSON.stringify(packState(state))) as ReturnType<typeof packState>)

// S137: a second terminal shows what the first does.
test('a newcomer has the same state, at whatever event it comes, and stays with it', () => {
  const events = pictureEvents()
  expect(events.length).toBeGreaterThan(10)
  let state = initialState
  let newcomer = initialState
  for (const event of events) {
    state = reduce(state, event)
    newcomer = reduce(newcomer, event)
    expect(newcomer).toEqual(state)
    newcomer = carried(state)
    expect(newcomer).toEqual(state)
  }
  expect(newcomer.resources.size).toBeGreaterThan(3)
  expect(newcomer.forwards.size).toBeGreaterThan(0)
})

test('findings of a long day are bounded, the newest stay', () => {
  const finding = (number: number): Diagnostic => ({
    code: 'stack/test',
    severity: 'error',
    message: String(number),
    span: { file: 'iamstack.yaml', line: 1, column: 1, length: 1 },
  })
  const state = { ...initialState, diagnostics: Array.from({ length: 1_000 }, (_, index) => finding(index)) }
  const { diagnostics } = carried(state)
  expect(diagnostics.length).toBe(100)
  expect(diagnostics.at(-1)?.message).toBe('999')
})

test('what is kept is bounded by its length too', () => {
  const recent = createRecent()
  const texts = Array.from({ length: 50 }, (_, index) => `${String(index)} ${'x'.repeat(100_000)}`)
  for (const text of texts) recent.add({ type: 'message.reported', at: noon, text })
  expect(recent.list().map((event) => 'text' in event && event.text.split(' ')[0])).toEqual(
    Array.from({ length: 9 }, (_, index) => String(41 + index)),
  )
})

test('of events those are kept that one would want to have heard, the last ones', () => {
  const recent = createRecent()
  const say = (event: Event): void => recent.add(event)
  for (let index = 0; index < mostRecent + 5; index += 1) {
    say({ type: 'message.reported', at: noon, text: String(index) })
    say({ type: 'log.written', at: noon, service: 'api', replica: 1, stream: 'stdout', text: 'line' })
    say({ type: 'step.progressed', at: noon, resource: 'service/api', text: '1 of 3' })
  }
  const kept = recent.list()
  expect(new Set(kept.map(({ type }) => type))).toEqual(new Set(['message.reported']))
  expect([kept.length, kept[0], kept.at(-1)]).toMatchObject([mostRecent, { text: '5' }, { text: '204' }])
})
