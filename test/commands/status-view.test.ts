import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { readArguments } from '../../src/commands/arguments.ts'
import type { Surroundings } from '../../src/commands/command.ts'
import { openStatusView, type StatusView } from '../../src/commands/status-view.ts'
import type { StatusRow } from '../../src/commands/status.ts'
import { commands } from '../../src/commands/table.ts'
import type { Opened } from '../../src/session/opened.ts'

const stack = { project: 'shop', profile: { target: 'compose' } }
const messages: string[] = []
const opened = { stack, emit: (event: { text: string }) => messages.push(event.text) } as unknown as Opened

function openView(
  words: readonly string[],
  terminal: object = {},
): { view: StatusView; written: () => string } {
  const entry = commands.find(({ name }) => name === 'status')
  if (!entry) throw new Error('there is no command status')
  const stdout = Object.assign(new PassThrough(), terminal)
  const around = { stdout, env: { TERM: 'xterm' } } as unknown as Surroundings
  const view = openStatusView(readArguments(entry, ['--ansi', 'never', ...words], {}), around)
  return { view, written: () => (stdout.read() as Buffer | null)?.toString() ?? '' }
}

function row(name: string, changes: Partial<StatusRow> = {}): StatusRow {
  return {
    resource: `service/${name}`,
    health: 'ready',
    detail: 'running for 3 seconds',
    replicas: { ready: 1, wanted: 1 },
    drift: undefined,
    facts: {},
    ...changes,
  }
}
const timeless = (text: string): string => text.replaceAll(/^\d\d:\d\d:\d\d\.\d{3}/gm, 'TIME')

test('on a pipe a line is appended for what changed, and what is gone is told once', () => {
  const { view, written } = openView([])
  view.show(opened, { rows: [row('api'), row('db')], smoke: [] }, 'dev')
  view.show(
    opened,
    { rows: [row('api', { detail: 'running for About a minute' }), row('db')], smoke: [] },
    'dev',
  )
  const failed = row('api', {
    health: 'failed',
    detail: 'exited 1\u001B[2J',
    replicas: { ready: 0, wanted: 1 },
  })
  const smoke = [{ check: 'login', outcome: 'failed', milliseconds: 3, at: 1, message: 'got 500' }] as const
  view.show(opened, { rows: [failed], smoke }, 'dev')
  view.show(opened, { rows: [failed], smoke }, 'dev')
  expect(timeless(written())).toMatchInlineSnapshot(`
    "TIME  ● api                1/1  running for 3 seconds
    TIME  ● db                 1/1  running for 3 seconds
    TIME  ✘ api                0/1  exited 1
    TIME  ✘ smoke login        failed: got 500
    TIME  ○ db                 gone
    "
  `)
  view.close()
})

test('as JSON each change is one line with everything', () => {
  const { view, written } = openView(['-o', 'json'])
  expect(view.isEmpty).toBe(true)
  view.show(opened, { rows: [row('api')], smoke: [] }, 'dev')
  view.show(opened, { rows: [row('api', { detail: 'running for 5 seconds' })], smoke: [] }, 'dev')
  view.show(
    opened,
    { rows: [row('api', { detail: 'running for 7 seconds', drift: 'replace: image' })], smoke: [] },
    'dev',
  )
  expect(view.isEmpty).toBe(false)
  const lines = written().trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { resources: StatusRow[] }).resources[0])).toEqual([
    JSON.parse(JSON.stringify(row('api'))),
    row('api', { detail: 'running for 7 seconds', drift: 'replace: image' }),
  ])
  view.problem(opened, 'no route')
  expect(messages.at(-1)).toBe('the target does not answer: no route')
  view.close()
})

test('on a terminal the picture is drawn over the last one, and is never higher than the terminal', () => {
  vi.useFakeTimers()
  try {
    const { view, written } = openView([], { isTTY: true, columns: 60, rows: 6 })
    view.show(opened, { rows: [row('api')], smoke: [] }, 'from dev (process 1)')
    expect(written()).toMatchInlineSnapshot(`
      "shop  compose
      ●  api    1/1    running for 3 seconds
      from dev (process 1)
      "
    `)
    vi.advanceTimersByTime(5_000)
    expect(written()).toBe('')
    const rows = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => row(name))
    view.show(opened, { rows, smoke: [] }, 'from dev (process 1)')
    expect(written()).toMatchInlineSnapshot(`
      "[3A
      [Jshop  compose
      ●  a    1/1    running for 3 seconds
      ●  b    1/1    running for 3 seconds
      … and 4 more lines
      from dev (process 1)
      "
    `)
    view.close()
  } finally {
    vi.useRealTimers()
  }
})
