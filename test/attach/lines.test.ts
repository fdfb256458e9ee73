import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { findDev } from '../../src/attach/client.ts'
import { attachProtocol } from '../../src/attach/protocol.ts'
import { serveDev } from '../../src/attach/server.ts'
import { tellLines } from '../../src/commands/attached-lines.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'
import type { Event } from '../../src/state/events.ts'
import { createLogBuffers } from '../../src/state/log-buffers.ts'
import { createStore } from '../../src/state/store.ts'

const note = (text: string): Event => ({ type: 'message.reported', at: 1, text })
const patient = { timeout: 20_000 }

async function served() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'iamstack-lines-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const memory = openFolderMemory({
    stackName: 'shop',
    root,
    instance: undefined,
    env: { IAMSTACK_STATE: root },
    platform: process.platform,
    home: root,
  })
  const events = createStore()
  const server = await serveDev({
    state: memory.folder,
    hello: {
      type: 'hello',
      protocol: attachProtocol,
      version: 'test',
      pid: process.pid,
      startedAt: 1,
      project: 'shop',
      target: 'process',
      services: [],
    },
    events,
    screen: { store: events, logs: createLogBuffers(), watch: () => () => undefined },
    act: () => Promise.resolve(undefined),
  })
  onTestFinished(() => server.close(0))
  const link = await findDev(memory.folder)
  if (!link) throw new Error('there is no dev')
  onTestFinished(() => link.close())
  const told: string[] = []
  const opened = {
    memory,
    emit: (event: Event) => void told.push(event.type === 'message.reported' ? event.text : event.type),
  }
  return { server, events, link, opened, told }
}

test(
  'a line view that was dropped says so and goes on with what comes then, until dev ends',
  { timeout: 60_000 },
  async () => {
    const { server, events, link, opened, told } = await served()
    events.dispatch(note('before'))
    const end = tellLines(link, opened, new AbortController().signal)
    await vi.waitFor(() => expect(told).toEqual(['before']), patient)
    // All at once: nobody could have read them in between.
    const large = 'x'.repeat(1024 * 1024)
    for (let sent = 0; sent < 40; sent += 1) events.dispatch(note(large))
    await vi.waitFor(() => expect(told.at(-1)).toMatch(/^dev did not wait/), patient)
    const again = vi.waitFor(() => expect(told.at(-1)).toBe('after'), patient)
    // It is attached again at some moment: what is told before that is missing.
    const telling = setInterval(() => events.dispatch(note('after')), 20)
    await again
    clearInterval(telling)
    await server.close(3)
    expect(await end).toEqual({ kind: 'ended', exitCode: 3 })
  },
)

test('who waits for the first up leaves with its exit code; who is interrupted has left', async () => {
  const { server, events, link, opened, told } = await served()
  const end = tellLines(link, opened, new AbortController().signal, true)
  events.dispatch(note('at work'))
  server.settle(4)
  expect(await end).toEqual({ kind: 'settled', exitCode: 4 })
  expect(told).toEqual(['at work'])
  const late = await findDev(opened.memory.folder)
  expect(await tellLines(late ?? link, opened, new AbortController().signal, true)).toEqual({
    kind: 'settled',
    exitCode: 4,
  })
  const stop = new AbortController()
  const other = await findDev(opened.memory.folder)
  const view = tellLines(other ?? link, opened, stop.signal)
  stop.abort()
  expect(await view).toEqual({ kind: 'left' })
})
