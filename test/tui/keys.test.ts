import { describe, expect, test } from 'vitest'
import type { Intent } from '../../src/state/screen.ts'
import { bindings } from '../../tui/keys.ts'
import { keyOf } from '../../tui/key-name.ts'
import type { Model } from '../../tui/model.ts'
import { press, type Key } from '../../tui/press.ts'
import { completed } from '../../tui/typing.ts'
import { initialUi, type UiState } from '../../tui/ui-state.ts'
import { modelOf } from './picture.ts'

/** `abc` are three keys; `<up>` is one with a name. */
function pressAll(model: Model, keys: string): { ui: UiState; intents: Intent[] } {
  const intents: Intent[] = []
  let { ui } = model
  for (const word of keys.match(/<[^>]+>|./gsu) ?? []) {
    const pressed = press(keyNamed(word), { ...model, ui })
    ui = pressed.ui
    if (pressed.intent) intents.push(pressed.intent)
  }
  return { ui, intents }
}

function keyNamed(word: string): Key {
  if (word === ' ') return { name: 'space', text: ' ' }
  return word.length > 1 && word.startsWith('<')
    ? { name: word.slice(1, -1), text: undefined }
    : { name: word, text: word }
}

const picture = modelOf(120, 32, { cursor: {} })
const after = (keys: string): UiState => pressAll(picture, keys).ui
const asked = (keys: string): Intent[] => pressAll(picture, keys).intents

describe('moving', () => {
  test('the cursor stays on what it was put on, and in the list', () => {
    expect(after('jj').cursor).toEqual({ services: 'service/iam-authz' })
    expect(after('<up>').cursor).toEqual({ services: 'service/mariadb' })
    expect(after('G').cursor).toEqual({ services: 'service/iamctl' })
    expect(after('Gg').cursor).toEqual({ services: 'service/mariadb' })
    expect(after('2j').cursor).toEqual({ forwards: 'iam-authz:http' })
  })
  test('panes by number, one after the other, alone and together', () => {
    expect(after('4').focus).toBe('logs')
    expect(after('<tab><tab>').focus).toBe('smoke')
    expect(after('<S-tab>').focus).toBe('events')
    expect(after('+').isZoomed).toBe(true)
    expect(after('+_').isZoomed).toBe(false)
  })
  test('a log stands still as soon as one goes up, and follows again at its end', () => {
    const api = modelOf(120, 32, { focus: 'logs' })
    expect(pressAll(api, 'k').ui.logs.still).toEqual({ upTo: 5, back: 1 })
    expect(pressAll(api, 'kkkkkkkkkk').ui.logs.still).toEqual({ upTo: 5, back: 3 })
    expect(pressAll(api, 'kkj').ui.logs.still).toEqual({ upTo: 5, back: 1 })
    expect(pressAll(api, 'kj').ui.logs.still).toBeUndefined()
    expect(pressAll(api, 'kf').ui.logs.still).toBeUndefined()
  })
})

describe('seeing', () => {
  test('details, their tabs and back', () => {
    expect(after('<enter>').details).toEqual({ resource: 'service/mariadb', tab: 'why', down: 0 })
    expect(after('d').details?.tab).toBe('describe')
    expect(after('<enter>[').details?.tab).toBe('logs')
    expect(after('<enter>]]]').details?.tab).toBe('logs')
    expect(after('<enter>jj').details?.down).toBe(2)
    expect(after('<enter><escape>').details).toBeUndefined()
  })
  test('a filter acts while it is typed; escape takes it back, enter keeps it', () => {
    expect(after('/iam').filter).toBe('iam')
    expect(after('/iam<backspace>').filter).toBe('ia')
    expect(after('/é\u0301👩‍👩‍👧<backspace>').filter).toBe('é\u0301')
    expect(after('/iam<enter>').input).toBeUndefined()
    expect(after('/iam<enter>/x<escape>').filter).toBe('iam')
    expect(after('/iam<enter><escape>').filter).toBe('')
    expect(after('/q').filter).toBe('q')
  })
  test('in the logs the same keys are about lines', () => {
    expect(after('4/GET<enter>').logs.search).toBe('GET')
    expect(after('4wtm').logs).toMatchObject({ isWrapped: true, hasTime: false, isMerged: true })
    expect(after('4/GET<enter><escape>').logs.search).toBe('')
  })
  test('only what is at fault', () => {
    expect(after('!').isFaultsOnly).toBe(true)
    expect(pressAll(picture, '!jjj').ui.cursor).toEqual({ services: 'service/iam-pump' })
  })
  test('help closes with its own key, with escape, and with the key that would leave', () => {
    expect(['?', '??', '?<escape>', '?q'].map((keys) => after(keys).help)).toEqual([
      0,
      undefined,
      undefined,
      undefined,
    ])
    expect(after('?q').question).toBeUndefined()
  })
})

describe('asking', () => {
  test('what is under the cursor, or all that is marked', () => {
    expect(asked('r')).toEqual([{ kind: 'restart', services: ['mariadb'] }])
    expect(asked('  b')).toEqual([{ kind: 'rebuild', services: ['mariadb', 'redis'] }])
    expect(after('  b').marked.size).toBe(0)
    expect(asked('<enter>s')).toEqual([
      { kind: 'run', words: ['exec', 'mariadb', '--', 'sh'], isInteractive: true },
    ])
    expect(asked('p')).toEqual([
      { kind: 'run', words: ['logs', '--previous', 'mariadb'], isInteractive: false },
    ])
  })
  test('a job is not restarted', () => {
    expect(asked('jjjr')).toEqual([])
  })
  test('what ends something asks first; only y agrees', () => {
    expect(asked('<C-d>')).toEqual([])
    expect(after('<C-d>').question).toMatchObject({ kind: 'confirm', text: 'stop mariadb?' })
    expect(asked('<C-d>n')).toEqual([])
    expect(asked('<C-d><enter>')).toEqual([])
    expect(asked('<C-d>y')).toEqual([{ kind: 'stop', services: ['mariadb'] }])
    expect(asked('Ry')).toEqual([{ kind: 'resync', services: ['mariadb'] }])
  })
  test('leaving asks what becomes of the stack, unless that is said already', () => {
    expect(asked('q')).toEqual([])
    expect(asked('qs')).toEqual([{ kind: 'quit', then: 'stop' }])
    expect(asked('qd')).toEqual([{ kind: 'quit', then: 'down' }])
    expect(asked('q<escape>k')).toEqual([])
    expect(pressAll({ ...picture, onExit: 'keep' }, 'q').intents).toEqual([{ kind: 'quit', then: 'keep' }])
  })
  test('an attached screen goes without a question, unless an end was wanted before; Q asks for the end of dev', () => {
    const attached = { ...picture, isAttached: true }
    expect(pressAll(attached, 'q').intents).toEqual([{ kind: 'leave' }])
    expect(pressAll(attached, ':q<enter>').intents).toEqual([{ kind: 'leave' }])
    expect(pressAll({ ...attached, onExit: 'keep' }, 'q').intents).toEqual([{ kind: 'leave' }])
    expect(pressAll({ ...attached, onExit: 'down' }, 'q').intents).toEqual([{ kind: 'quit', then: 'down' }])
    expect(pressAll(attached, 'Q').intents).toEqual([])
    expect(pressAll(attached, 'Qk').intents).toEqual([{ kind: 'quit', then: 'keep' }])
    expect(pressAll(attached, ':end<enter>d').intents).toEqual([{ kind: 'quit', then: 'down' }])
    expect(pressAll(attached, 'Qx').intents).toEqual([])
    // dev in its own terminal: the same question, whichever way it is asked.
    expect(asked('Qs')).toEqual([{ kind: 'quit', then: 'stop' }])
    expect(asked(':end<enter>s')).toEqual([{ kind: 'quit', then: 'stop' }])
  })
  test('replicas: a number, beginning with what there is', () => {
    expect(asked('jjc<backspace>3<enter>')).toEqual([{ kind: 'scale', service: 'iam-authz', replicas: 3 }])
    expect(after('cx<enter>').notice?.text).toBe('1x is no number of replicas')
    expect(asked('cx<enter>')).toEqual([])
  })
  test('smoke tests: all, or the one under the cursor', () => {
    expect(asked('t')).toEqual([{ kind: 'smoke', checks: undefined }])
    expect(asked('3jt')).toEqual([{ kind: 'smoke', checks: ['login'] }])
    expect(asked('3T')).toEqual([{ kind: 'smoke', checks: undefined }])
  })
  test('an address is opened', () => {
    expect(asked('2o')).toEqual([{ kind: 'open', url: 'https://localhost:8443' }])
  })
})

describe('the palette', () => {
  test('runs any verb, as short as is clear', () => {
    expect(asked(':logs --tail 3 redis<enter>')).toEqual([
      { kind: 'run', words: ['logs', '--tail', '3', 'redis'], isInteractive: false },
    ])
    expect(asked(':ro<enter>')).toEqual([{ kind: 'run', words: ['rollback'], isInteractive: false }])
    expect(after(':re<enter>').notice?.text).toBe('re is short for restart, render')
    expect(after(':nothing<enter>').notice?.text).toBe('no command is called nothing; ? lists the keys')
  })
  test('completes verbs, and what they take', () => {
    expect(
      ['l', 're', 'restart ia', 'restart red', 'rollback x'].map((line) => completed(line, picture)),
    ).toEqual(['logs ', 're', 'restart iam', 'restart redis ', 'rollback x'])
  })
})

describe('the table', () => {
  test('no key has two meanings in one place', () => {
    const meanings = bindings.flatMap(({ keys, scopes }) =>
      scopes.flatMap((scope) => keys.map((key) => `${scope} ${key}`)),
    )
    const twice = meanings.filter((each, index) => meanings.indexOf(each) !== index)
    expect(twice).toEqual([])
  })
  test('every key that is bound does something, or asks for something', () => {
    const model = modelOf(120, 32, { cursor: { services: 'service/redis' } })
    for (const { keys, scopes, action } of bindings) {
      const [scope] = scopes
      const view: Partial<UiState> =
        scope === 'details'
          ? { details: { resource: 'service/redis', tab: 'why', down: 1 } }
          : { focus: scope === 'anywhere' || scope === undefined ? 'services' : scope }
      if (['back', 'unzoom', 'up', 'page-up', 'first', 'follow'].includes(action)) continue
      const ui = { ...model.ui, ...view, logs: { ...initialUi.logs } }
      const [key = ''] = keys
      const pressed = press({ name: key === '1' ? '4' : key, text: undefined }, { ...model, ui })
      expect({ action, isSame: pressed.ui === ui && pressed.intent === undefined }).toEqual({
        action,
        isSame: false,
      })
    }
  })
  test('an unknown key changes nothing', () => {
    expect(pressAll(picture, '<f12>').ui).toBe(picture.ui)
  })
})

test('keys as blessed tells them', () => {
  expect(keyOf('a', { name: 'a', full: 'a' })).toEqual({ name: 'a', text: 'a' })
  expect(keyOf('G', { name: 'g', full: 'S-g' })).toEqual({ name: 'G', text: 'G' })
  expect(keyOf('é', { full: 'é' })).toEqual({ name: 'é', text: 'é' })
  expect(keyOf('\u0004', { name: 'd', full: 'C-d', ctrl: true })).toEqual({ name: 'C-d', text: undefined })
  expect(keyOf('\r', { name: 'return', full: 'return' })).toBeUndefined()
  expect(keyOf('\r', { name: 'enter', full: 'enter' })).toEqual({ name: 'enter', text: undefined })
  expect(keyOf(undefined, { name: 'up', full: 'up' })).toEqual({ name: 'up', text: undefined })
  expect(keyOf('x', { name: 'x', full: 'M-x', meta: true })).toBeUndefined()
})
