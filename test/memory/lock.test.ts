import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openFolderMemory } from '../../src/memory/folder.ts'
import { LockedError, type Memory } from '../../src/memory/memory.ts'

let state: string
let memory: Memory
const children: ChildProcess[] = []

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'lock-'))
  memory = openFolderMemory({
    stackName: 'todo',
    root: '/projects/todo',
    instance: undefined,
    env: { IAMSTACK_STATE: state },
    platform: process.platform,
    home: '/',
  })
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(state, { recursive: true, force: true })
})

const barrier = () => join(state, 'go')

/** A process that waits for the barrier; `next` is its next line. */
async function holder(keepFor = 60_000): Promise<{ child: ChildProcess; next: () => Promise<string> }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'test/memory/holder.ts', state, barrier(), String(keepFor)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => String((await lines.next()).value)
  expect(await next()).toBe('waiting')
  return { child, next }
}

it('lets one of many processes have it, and tells the others who', async () => {
  const holders = await Promise.all([holder(), holder(), holder(), holder()])
  await writeFile(barrier(), '')
  const said = await Promise.all(holders.map(({ next }) => next()))
  const winner = said.indexOf('taken')
  const pid = holders[winner]?.child.pid
  expect(said.toSorted()).toEqual([`locked by ${pid}`, `locked by ${pid}`, `locked by ${pid}`, 'taken'])
}, 30_000)

it('is free again after a release, and a second release does nothing', async () => {
  const first = await memory.lock('up')
  await expect(memory.lock('down')).rejects.toThrow(
    /^locked by .+@.+, process \d+: up, since \d{4}-\d\d-\d\dT/,
  )
  await Promise.all([first.release(), first.release()])
  const second = await memory.lock('down')
  await first.release()
  await expect(memory.lock('up')).rejects.toThrow(LockedError)
  await second.release()
})

it('one of several processes takes it over from one that was killed', async () => {
  await writeFile(barrier(), '')
  const killed = await holder()
  expect(await killed.next()).toBe('taken')
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')

  await rm(barrier())
  const takers = await Promise.all([holder(), holder(), holder(), holder()])
  await writeFile(barrier(), '')
  const said = await Promise.all(takers.map(({ next }) => next()))
  expect(said.filter((line) => line === 'taken')).toEqual(['taken'])
  const pids = takers.map(({ child }) => `locked by ${child.pid}`)
  for (const line of said) if (line !== 'taken') expect(pids).toContain(line)
  expect(await readdir(memory.folder)).toEqual(['lock'])
}, 30_000)

it('is lost by a holder on another machine once its heart stops, not before', async () => {
  const lock = join(memory.folder, 'lock')
  await mkdir(memory.folder, { recursive: true })
  const elsewhere = { nonce: 'aa', pid: 1, host: 'elsewhere', user: 'ada', purpose: 'up', since: 0 }
  await writeFile(lock, JSON.stringify(elsewhere))
  await expect(memory.lock('up')).rejects.toThrow('locked by ada@elsewhere, process 1: up')
  await ageBy(lock, 16)
  const taken = await memory.lock('up')
  await taken.release()
})

it('has a heartbeat every five seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const taken = await memory.lock('up')
    const lock = join(memory.folder, 'lock')
    await ageBy(lock, 16)
    vi.advanceTimersByTime(5000)
    const age = async () => Date.now() - (await stat(lock)).mtimeMs
    await vi.waitFor(async () => expect(await age()).toBeLessThan(10_000))
    await taken.release()
  } finally {
    vi.useRealTimers()
  }
})

it('is lost by a process whose number was given to another one', async () => {
  await mkdir(memory.folder, { recursive: true })
  const former = {
    nonce: 'aa',
    pid: process.pid,
    startTime: 'long ago',
    host: hostname(),
    user: 'ada',
    purpose: 'up',
    since: 0,
  }
  await writeFile(join(memory.folder, 'lock'), JSON.stringify(former))
  const taken = await memory.lock('up')
  await taken.release()
})

it('a file without content belongs to somebody who is just writing it, for a while', async () => {
  const lock = join(memory.folder, 'lock')
  await mkdir(memory.folder, { recursive: true })
  await writeFile(lock, '')
  await expect(memory.lock('up')).rejects.toThrow('starting')
  await ageBy(lock, 16)
  const taken = await memory.lock('up')
  await taken.release()
})

it('a taker that died half-way is succeeded too', async () => {
  const lock = join(memory.folder, 'lock')
  await mkdir(memory.folder, { recursive: true })
  const dead = { pid: 1, host: 'elsewhere', user: 'ada', purpose: 'up', since: 0 }
  await writeFile(lock, JSON.stringify({ ...dead, nonce: 'aa' }))
  await writeFile(`${lock}.after-aa`, JSON.stringify({ ...dead, nonce: 'bb' }))
  await ageBy(lock, 16)
  await expect(memory.lock('up')).rejects.toThrow(LockedError)
  await ageBy(`${lock}.after-aa`, 16)
  const taken = await memory.lock('up')
  expect(await readdir(memory.folder)).toEqual(['lock'])
  await taken.release()
})

it('has one winner in every one of many races for a lost lock', async () => {
  const lock = join(memory.folder, 'lock')
  const dead = { nonce: 'aa', pid: 1, host: 'elsewhere', user: 'ada', purpose: 'up', since: 0 }
  for (let round = 0; round < 40; round++) {
    await mkdir(memory.folder, { recursive: true })
    await writeFile(lock, JSON.stringify(dead))
    await ageBy(lock, 16)
    const takers = await Promise.allSettled(Array.from({ length: 12 }, () => memory.lock('up')))
    const winners = takers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(winners).toHaveLength(1)
    for (const each of takers) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(LockedError)
    await winners[0]?.release()
  }
})

async function ageBy(path: string, seconds: number): Promise<void> {
  const then = new Date(Date.now() - seconds * 1000)
  await utimes(path, then, then)
}
