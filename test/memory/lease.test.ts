import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openClusterMemory, type ClusterMemoryOptions } from '../../src/memory/cluster.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'
import { LockedError, type Memory, type MemoryLock } from '../../src/memory/memory.ts'
import { KubeError, type KubeObject } from '../../src/platform/kubernetes/client.ts'
import { fakeCluster, namespaceNamed, type FakeCluster } from './fake-cluster.ts'

let state: string
let cluster: FakeCluster
const locks: MemoryLock[] = []

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'lease-'))
  cluster = fakeCluster()
  cluster.put(namespaceNamed('todo', 'todo'))
})

afterEach(async () => {
  cluster.beforeWrite = () => undefined
  for (const lock of locks.splice(0)) await lock.release()
  await rm(state, { recursive: true, force: true })
})

/** Quick enough to be lost within a test. */
const quick = { beat: 20, patience: 200, look: 10 }

function memoryOn(machine: string, options: Partial<ClusterMemoryOptions> = {}): Memory {
  return openClusterMemory({
    local: openFolderMemory({
      stackName: 'todo',
      root: '/projects/todo',
      instance: undefined,
      env: { IAMSTACK_STATE: join(state, machine) },
      platform: process.platform,
      home: '/',
    }),
    client: () => Promise.resolve(cluster.client),
    namespace: 'todo',
    project: 'todo',
    ...options,
  })
}

async function take(memory: Memory, purpose: string): Promise<MemoryLock> {
  const lock = await memory.lock(purpose)
  locks.push(lock)
  return lock
}

const lease = () => cluster.objects.get('Lease/todo/iamstack-todo')
const specOf = (object: KubeObject | undefined) => object?.['spec'] as Record<string, string>

/** The Lease of a holder on another machine that is there no more, with this heartbeat. */
async function abandonedBy(machine: string, heartbeat: number): Promise<void> {
  await take(memoryOn(machine), 'up')
  const left = lease() as KubeObject
  cluster.beforeWrite = () => {
    throw new KubeError(503, 'ServiceUnavailable', 'gone with its machine')
  }
  await locks.pop()?.release()
  cluster.beforeWrite = () => undefined
  const renewTime = new Date(heartbeat).toISOString().replace('Z', '000Z')
  cluster.put({ ...left, spec: { ...specOf(left), renewTime } })
}

it('one of two machines has it, the other is told who; a release leaves nothing', async () => {
  const lock = await take(memoryOn('mine'), 'up api')
  await expect(memoryOn('yours').lock('down')).rejects.toThrow(
    /^locked by .+@.+, process \d+: up api, since \d{4}/,
  )
  expect(specOf(lease())['holderIdentity']).toMatch(/^.+@.+ \d+$/)
  await Promise.all([lock.release(), lock.release()])
  expect(lease()).toBeUndefined()
  await take(memoryOn('yours'), 'down')
  await expect(memoryOn('mine').lock('up')).rejects.toThrow(LockedError)
})

it('the local lock comes first, and is given back when the Lease is held elsewhere', async () => {
  const lock = await take(memoryOn('mine'), 'up')
  cluster.calls.length = 0
  await expect(memoryOn('mine').lock('up')).rejects.toThrow(LockedError)
  expect(cluster.calls).toEqual([])
  const yours = memoryOn('yours')
  await expect(yours.lock('up')).rejects.toThrow(LockedError)
  await lock.release()
  await take(yours, 'up')
})

it('has a heartbeat, which a touch by somebody else does not stop', async () => {
  const lock = await take(memoryOn('mine', { rhythm: quick }), 'up')
  const before = specOf(lease())['renewTime']
  const touched = lease() as KubeObject
  cluster.put({ ...touched, metadata: { ...touched.metadata, labels: { touched: 'yes' } } })
  await vi.waitFor(() => expect(specOf(lease())['renewTime']).not.toBe(before))
  expect(lock.lost?.aborted).toBe(false)
})

it('of this state folder is taken over at once from a holder that was killed', async () => {
  await abandonedBy('mine', Date.now())
  const looked: string[] = []
  await take(memoryOn('mine', { tell: (text) => looked.push(text) }), 'down')
  expect(looked).toEqual([])
  expect(lease()?.metadata.annotations?.['iamstack.dev/holder']).toContain('"purpose":"down"')
})

it.each([
  ['an hour ago', -3_600_000],
  ['in an hour, as clocks differ', 3_600_000],
])(
  'of another machine is taken over after nothing was heard of it; its last heartbeat was %s',
  async (_when, skew) => {
    await abandonedBy('yours', Date.now() + skew)
    const told: string[] = []
    await take(memoryOn('mine', { rhythm: quick, tell: (text) => told.push(text) }), 'up')
    expect(told).toEqual([expect.stringMatching(/^the lock of .+@.+ looks abandoned; watching it for 0 s$/)])
  },
)

it('is not taken from a holder whose clock is an hour off but whose heart beats', async () => {
  await abandonedBy('yours', Date.now() - 3_600_000)
  let beats = 0
  const beat = setInterval(() => {
    const now = lease() as KubeObject
    const renewTime = new Date(Date.now() - 3_600_000 + ++beats).toISOString().replace('Z', '000Z')
    cluster.put({ ...now, spec: { ...specOf(now), renewTime } })
  }, 20)
  try {
    await expect(memoryOn('mine', { rhythm: quick }).lock('up')).rejects.toThrow(LockedError)
  } finally {
    clearInterval(beat)
  }
})

it('of several machines that wait for an abandoned one, one gets it', async () => {
  await abandonedBy('yours', 0)
  const machines = ['a', 'b', 'c', 'd'].map((machine) => memoryOn(machine, { rhythm: quick }))
  const results = await Promise.allSettled(machines.map((memory) => take(memory, 'up')))
  const lostTo = results.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
  expect(lostTo.map(({ name }) => name)).toEqual(['LockedError', 'LockedError', 'LockedError'])
})

it('tells a holder that was silent for too long, whose release then hurts nobody', async () => {
  const sleeper = await take(memoryOn('yours', { rhythm: quick }), 'up')
  const successor = lease() as KubeObject
  const claim = JSON.stringify({
    nonce: 'other',
    place: 'there',
    pid: 1,
    host: 'ci',
    user: 'bob',
    purpose: 'down',
    since: 1,
  })
  cluster.put({
    ...successor,
    metadata: { ...successor.metadata, annotations: { 'iamstack.dev/holder': claim } },
  })
  await vi.waitFor(() => expect(sleeper.lost?.aborted).toBe(true))
  expect((sleeper.lost?.reason as Error).message).toBe(
    'the lock was lost to bob@ci (down): this machine was silent for too long',
  )
  await sleeper.release()
  expect(lease()?.metadata.annotations?.['iamstack.dev/holder']).toBe(claim)
})

it('survives the end of its namespace, which `down --all` is about', async () => {
  const lock = await take(memoryOn('mine', { rhythm: quick }), 'down')
  cluster.objects.clear()
  cluster.calls.length = 0
  await vi.waitFor(() =>
    expect(cluster.calls.filter((call) => call === 'create leases').length).toBeGreaterThan(1),
  )
  expect(lock.lost?.aborted).toBe(false)
  cluster.put(namespaceNamed('todo', 'todo'))
  await vi.waitFor(() => expect(lease()).toBeDefined())
  await expect(memoryOn('yours').lock('up')).rejects.toThrow(LockedError)
})

it('is taken with `reach`, or with the first write, where the target was not there', async () => {
  let isThere = false
  cluster.objects.clear()
  const client = () => Promise.resolve(isThere ? cluster.client : undefined)
  const first = await take(memoryOn('mine', { client }), 'up')
  isThere = true
  await first.reach?.()
  expect(lease()).toBeUndefined()
  cluster.put(namespaceNamed('todo', 'todo'))
  await first.reach?.()
  await first.reach?.()
  expect(cluster.calls.filter((call) => call === 'create leases')).toHaveLength(1)
  await first.release()

  cluster.objects.clear()
  const mine = memoryOn('mine')
  const yours = memoryOn('yours')
  await take(mine, 'up')
  await take(yours, 'up')
  await mine.write('hash-key', 'mine')
  await expect(yours.write('hash-key', 'yours')).rejects.toThrow(LockedError)
  expect(await memoryOn('mine').read('hash-key')).toBe('mine')
})

it('what was read before the lock is read again', async () => {
  const mine = memoryOn('mine')
  expect(await mine.read('secrets/db')).toBeUndefined()
  await memoryOn('yours').write('secrets/db', { made: 'elsewhere' })
  expect(await mine.read('secrets/db')).toBeUndefined()
  await take(mine, 'up')
  expect(await mine.read('secrets/db')).toEqual({ made: 'elsewhere' })
})
