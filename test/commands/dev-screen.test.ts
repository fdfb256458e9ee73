import { describe, expect, test } from 'vitest'
import { readArguments } from '../../src/commands/arguments.ts'
import type { Surroundings } from '../../src/commands/command.ts'
import { wantsScreen } from '../../src/commands/dev-screen.ts'
import { commands } from '../../src/commands/table.ts'

const entry = commands.find(({ name }) => name === 'dev')
const person = {
  stdin: { isTTY: true },
  stdout: { isTTY: true, columns: 80, rows: 24 },
  env: { TERM: 'xterm' },
}

function wants(words: readonly string[], changes: object = {}): boolean {
  if (!entry) throw new Error('there is no command dev')
  const around = { ...person, ...changes } as unknown as Surroundings
  return wantsScreen(readArguments(entry, words, {}), around)
}

// S137
describe('the screen is for a person before a terminal', () => {
  test('who did not ask for lines', () => {
    expect(wants([])).toBe(true)
    expect(wants(['--progress', 'plain'])).toBe(false)
    expect(wants(['--progress', 'json'])).toBe(false)
    expect(wants(['--progress', 'quiet'])).toBe(false)
    expect(wants(['--ci'])).toBe(false)
  })
  test.each([
    ['input is a pipe', { stdin: {} }],
    ['output is a pipe', { stdout: {} }],
    ['CI', { env: { TERM: 'xterm', CI: 'true' } }],
    ['a dumb terminal', { env: { TERM: 'dumb' } }],
    ['no TERM', { env: {} }],
    ['a terminal of 0 × 0', { stdout: { isTTY: true, columns: 0, rows: 0 } }],
  ])('not where %s', (_what, changes) => {
    expect(wants([], changes)).toBe(false)
  })
})
