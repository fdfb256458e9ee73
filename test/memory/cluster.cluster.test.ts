import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openClusterMemory, type ClusterMemoryOptions } from '../../src/memory/cluster.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'
import type { Memory } from '../../src/memory/memory.ts'
import { kinds } from '../../src/platform/kubernetes/kinds.ts'
import { isClusterWanted } from './connect.ts'
import { inCluster, type InCluster } from './real-cluster.ts'

let state: string
const children: ChildProcess[] = []

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'memory-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(state, { recursive: true, force: true })
})

function memoryOn(
  machine: string,
  of: InCluster,
  options: Pick<ClusterMemoryOptions, 'waiting'> = {},
): Memory {
  return openClusterMemory({
    local: openFolderMemory({
      stackName: 'todo',
      root: '/projects/todo',
      instance: undefined,
      env: { IAMSTACK_STATE: join(state, machine) },
      platform: process.platform,
      home: '/',
    }),
    client: () => Promise.resolve(of.client),
    namespace: of.namespace,
    project: of.namespace,
    ...options,
  })
}

interface Holder {
  readonly child: ChildProcess
  /** The next line that it says. */
  readonly next: () => Promise<string>
}

function holderOn(machine: string, namespace: string): Holder {
  const argv = ['--import', 'tsx', 'test/memory/cluster-holder.ts', join(state, machine), namespace]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, next: async () => String((await lines.next()).value) }
}

describe.runIf(isClusterWanted)('the memory in a real cluster', () => {
  it('is shared, also what is larger than a Secret may be, and leaves nothing when it is cleared', async () => {
    const of = await inCluster()
    const mine = memoryOn('mine', of)
    const large = { bytes: randomBytes(2_500_000).toString('base64') }
    await mine.write('secrets/db', { password: { kind: 'generate', value: 'iam59!z$' } })
    await mine.write('revisions/1', large)
    await mine.write('secrets/db', { password: { kind: 'generate', value: 'another' } })
    const yours = memoryOn('yours', of)
    expect(await yours.read('revisions/1')).toEqual(large)
    expect(await yours.read('secrets/db')).toEqual({ password: { kind: 'generate', value: 'another' } })
    await mine.write('secrets/db', { password: { kind: 'generate', value: 'a third' } })
    // What was written over somebody else's change is re-read, not refused.
    await yours.write('secrets/db', { password: { kind: 'generate', value: 'a fourth' } })
    await mine.clear(['secrets'])
    expect(await memoryOn('theirs', of).list('')).toEqual(['secrets/db'])
    await mine.clear([])
    const left = await of.client.list(kinds.Secret, { namespace: of.namespace })
    expect(left.items.map(({ metadata }) => metadata.name)).toEqual([])
  })

  it('one of several processes gets the lock, and it is free after a release', async () => {
    const of = await inCluster()
    await memoryOn('mine', of).write('hash-key', 'abc')
    const holders = ['a', 'b', 'c'].map((machine) => holderOn(machine, of.namespace))
    const said = await Promise.all(holders.map(({ next }) => next()))
    const winner = holders[said.indexOf('taken')]
    const others = `locked by ${winner?.child.pid}`
    expect(said.toSorted()).toEqual([others, others, 'taken'])
    winner?.child.stdin?.end()
    expect(await winner?.next()).toBe('released')
    expect(await of.client.list(kinds.Lease, { namespace: of.namespace })).toMatchObject({ items: [] })
    expect(await holderOn('d', of.namespace).next()).toBe('taken')
  })

  it('is taken from a killed holder: at once by the same machine, by another one after 15 s of silence', async () => {
    const of = await inCluster()
    await memoryOn('mine', of).write('hash-key', 'abc')
    const killed = async (holder: Holder): Promise<void> => {
      holder.child.kill('SIGKILL')
      await once(holder.child, 'exit')
    }
    const first = holderOn('a', of.namespace)
    expect(await first.next()).toBe('taken')
    await killed(first)
    const second = holderOn('a', of.namespace)
    expect(await second.next()).toBe('taken')
    await killed(second)
    expect(await holderOn('b', of.namespace).next()).toBe(`locked by ${second.child.pid}`)
    const lease = async () => of.client.get(kinds.Lease, of.namespace, `iamstack-${of.namespace}`)
    const found = await lease()
    // As if a minute had gone by since its last heartbeat.
    const renewTime = new Date(Date.now() - 60_000).toISOString().replace('Z', '000Z')
    if (found)
      await of.client.replace(kinds.Lease, { ...found, spec: { ...(found['spec'] as object), renewTime } })
    const third = holderOn('b', of.namespace)
    expect(await third.next()).toMatch(/looks abandoned; watching it for 15 s$/)
    expect(await third.next()).toBe('taken')
  })

  it('a holder that was suspended is told that it lost the lock, and its end hurts nobody', async () => {
    const of = await inCluster()
    await memoryOn('mine', of).write('hash-key', 'abc')
    const sleeper = holderOn('a', of.namespace)
    expect(await sleeper.next()).toBe('taken')
    sleeper.child.kill('SIGSTOP')
    const leaseName = `iamstack-${of.namespace}`
    const found = await of.client.get(kinds.Lease, of.namespace, leaseName)
    const renewTime = new Date(Date.now() - 60_000).toISOString().replace('Z', '000Z')
    if (found)
      await of.client.replace(kinds.Lease, { ...found, spec: { ...(found['spec'] as object), renewTime } })
    const successor = holderOn('b', of.namespace)
    expect(await successor.next()).toContain('looks abandoned')
    expect(await successor.next()).toBe('taken')
    sleeper.child.kill('SIGCONT')
    expect(await sleeper.next()).toBe('lost')
    sleeper.child.stdin?.end()
    expect(await sleeper.next()).toBe('released')
    const { annotations } = (await of.client.get(kinds.Lease, of.namespace, leaseName))?.metadata ?? {}
    expect(annotations?.['iamstack.dev/holder']).toContain(`"pid":${successor.child.pid}`)
  })

  it('waits for a namespace that is being removed, and says so when that takes too long', async () => {
    const of = await inCluster()
    const memory = memoryOn('mine', of)
    await memory.write('hash-key', 'abc')
    const metadata = { name: 'stays', namespace: of.namespace }
    await of.client.create(kinds.ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...metadata, finalizers: ['iamstack.dev/test'] },
    })
    try {
      await of.client.remove(kinds.Namespace, undefined, of.namespace)
      await expect(memory.write('smoke', [])).rejects.toThrow(`namespace ${of.namespace} is being removed`)
      const yours = memoryOn('yours', of, { waiting: { patience: 2_000 } })
      await expect(yours.lock('up')).rejects.toThrow(`namespace ${of.namespace} is being removed`)
    } finally {
      await of.client.patch(kinds.ConfigMap, of.namespace, 'stays', { metadata: { finalizers: null } })
    }
  })
})
