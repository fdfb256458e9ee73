import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openClusterMemory, type ClusterMemoryOptions } from '../../src/memory/cluster.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'
import type { Memory } from '../../src/memory/memory.ts'
import { ownLabels } from '../../src/memory/ownership.ts'
import { namespaceObject } from '../../src/memory/target-namespace.ts'
import {
  labelsOf,
  partsAnnotation,
  resourceAnnotation,
  resourceLabel,
} from '../../src/drivers/kubernetes/labels.ts'
import { KubeError, type KubeObject } from '../../src/platform/kubernetes/client.ts'
import { fakeCluster, namespaceNamed, type FakeCluster } from './fake-cluster.ts'

let state: string
let cluster: FakeCluster

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'memory-'))
  cluster = fakeCluster()
})

afterEach(() => rm(state, { recursive: true, force: true }))

function localOf(machine: string): Memory {
  return openFolderMemory({
    stackName: 'todo',
    root: '/projects/todo',
    instance: undefined,
    env: { IAMSTACK_STATE: join(state, machine) },
    platform: process.platform,
    home: '/',
  })
}

function memoryOn(machine: string, options: Partial<ClusterMemoryOptions> = {}): Memory {
  return openClusterMemory({
    local: localOf(machine),
    client: () => Promise.resolve(cluster.client),
    namespace: 'todo',
    project: 'todo',
    ...options,
  })
}

const secretNames = () =>
  [...cluster.objects.values()].filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)

const failure = async (work: Promise<unknown>): Promise<{ name: string; message: string; hint?: string }> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as { name: string; message: string; hint?: string },
  )
  if (!error) throw new Error('it did not fail')
  return error
}

it('shares what colleagues need and keeps the rest on this machine', async () => {
  const mine = memoryOn('mine')
  await mine.write('secrets/db', { password: { kind: 'generate', value: 'geheim' } })
  await mine.write('ports', { 'api.http': 8000 })
  const yours = memoryOn('yours')
  expect(await yours.read('secrets/db')).toEqual({ password: { kind: 'generate', value: 'geheim' } })
  expect(await yours.read('ports')).toBeUndefined()
  expect(await mine.list('')).toEqual(['ports', 'secrets/db'])
  expect(await yours.list('secrets')).toEqual(['secrets/db'])
  expect(await readdir(mine.folder)).toEqual(['ports.json'])
})

it('makes the namespace with its first write, and Secrets that no plan takes for its own', async () => {
  await memoryOn('mine').write('hash-key', 'abc')
  expect(
    [...cluster.objects.values()].map(({ kind, metadata: { name, labels, annotations } }) => ({
      kind,
      name,
      labels,
      annotations,
    })),
  ).toMatchInlineSnapshot(`
    [
      {
        "annotations": {
          "iamstack.dev/parts": "{}",
          "iamstack.dev/resource": "namespace/todo",
        },
        "kind": "Namespace",
        "labels": {
          "app.kubernetes.io/managed-by": "iamstack",
          "app.kubernetes.io/part-of": "todo",
          "iamstack.dev/project": "todo",
          "iamstack.dev/resource": "namespace.todo",
        },
        "name": "todo",
      },
      {
        "annotations": {
          "iamstack.dev/key": "hash-key",
        },
        "kind": "Secret",
        "labels": {
          "app.kubernetes.io/managed-by": "iamstack",
          "app.kubernetes.io/part-of": "todo",
          "iamstack.dev/memory": "hash-key",
          "iamstack.dev/project": "todo",
        },
        "name": "iamstack-todo-hash-key-fbc22cc807",
      },
    ]
  `)
})

it('costs a command one list, however much it reads, also after its own writes', async () => {
  await memoryOn('yours').write('secrets/db', { a: 1 })
  await memoryOn('yours').write('hash-key', 'abc')
  cluster.calls.length = 0
  const memory = memoryOn('mine')
  await Promise.all(
    ['hash-key', 'secrets/db', 'secrets/mail', 'certs/web', 'smoke'].map((key) => memory.read(key)),
  )
  expect(cluster.calls).toEqual(['list secrets'])
  await memory.write('secrets/mail', { b: 2 })
  expect(await memory.read('secrets/mail')).toEqual({ b: 2 })
  await memory.write('secrets/mail', { b: 3 })
  expect(await memoryOn('yours').read('secrets/mail')).toEqual({ b: 3 })
  expect(cluster.calls).toEqual([
    'list secrets',
    'get namespaces',
    'create secrets',
    'replace secrets',
    'list secrets',
  ])
})

it('reads revisions only when they are asked for', async () => {
  await memoryOn('yours').write('revisions/1', { big: true })
  cluster.calls.length = 0
  const memory = memoryOn('mine')
  expect(await memory.read('hash-key')).toBeUndefined()
  expect(cluster.calls).toEqual(['list secrets'])
  expect(await memory.read('revisions/1')).toEqual({ big: true })
})

it('holds values that are larger than a Secret may be, and leaves no piece of a former one', async () => {
  const memory = memoryOn('mine')
  const large = { bytes: randomBytes(2_500_000).toString('base64') }
  await memory.write('revisions/1', large)
  const sizes = [...cluster.objects.values()].flatMap(({ data }) =>
    Object.values((data ?? {}) as Record<string, string>).map((each) => Buffer.from(each, 'base64').length),
  )
  expect(sizes.length).toBe(4)
  expect(Math.max(...sizes)).toBeLessThan(1024 * 1024)
  expect(await memoryOn('yours').read('revisions/1')).toEqual(large)
  const larger = { bytes: randomBytes(3_000_000).toString('base64') }
  await memory.write('revisions/1', larger)
  expect(await memoryOn('yours').read('revisions/1')).toEqual(larger)
  await memory.write('revisions/1', { bytes: 'few' })
  expect(await memoryOn('yours').read('revisions/1')).toEqual({ bytes: 'few' })
  expect(secretNames()).toHaveLength(1)
  await memory.remove('revisions/1')
  expect(secretNames()).toEqual([])
})

it('a reader sees the old value until the new one is whole', async () => {
  const memory = memoryOn('mine')
  const [old, next] = [1, 2].map(() => ({ bytes: randomBytes(1_500_000).toString('base64') }))
  await memory.write('revisions/1', old)
  const seen: unknown[] = []
  const looks: Promise<void>[] = []
  cluster.beforeWrite = () => {
    looks.push(
      memoryOn('yours')
        .read('revisions/1')
        .then((value) => void seen.push(value)),
    )
  }
  await memory.write('revisions/1', next)
  await Promise.all(looks)
  expect(seen.length).toBeGreaterThan(3)
  for (const value of seen) expect([old, next]).toContainEqual(value)
})

it('keys never share a Secret, whatever characters they have', async () => {
  const memory = memoryOn('mine')
  const keys = [
    'secrets/a-b',
    'secrets/a_b',
    'secrets/a.b',
    'secrets/A-b',
    'secrets/_',
    `secrets/${'x'.repeat(300)}`,
  ]
  for (const [index, key] of keys.entries()) await memory.write(key, index)
  const yours = memoryOn('yours')
  expect(await Promise.all(keys.map((key) => yours.read(key)))).toEqual([0, 1, 2, 3, 4, 5])
  for (const name of secretNames()) {
    expect(name).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
    expect(name.length).toBeLessThanOrEqual(253)
  }
})

it('writes whatever others do to the same Secret meanwhile', async () => {
  const memory = memoryOn('mine')
  await memory.write('smoke', [1])
  const [secret] = [...cluster.objects.values()].filter(({ kind }) => kind === 'Secret')
  let times = 0
  cluster.beforeWrite = (call) => {
    if (call === 'replace secrets' && times++ < 2) cluster.put(secret as KubeObject)
  }
  await memory.write('smoke', [2])
  expect(await memoryOn('yours').read('smoke')).toEqual([2])
  cluster.beforeWrite = (call) => {
    if (call === 'replace secrets') cluster.objects.delete(`Secret/todo/${secret?.metadata.name ?? ''}`)
    cluster.beforeWrite = () => undefined
  }
  await memory.write('smoke', [3])
  expect(await memoryOn('yours').read('smoke')).toEqual([3])
  cluster.beforeWrite = (call) => {
    if (call === 'replace secrets') cluster.put(secret as KubeObject)
  }
  expect((await failure(memory.write('smoke', [4]))).message).toBe(
    'cannot remember smoke in namespace todo: the object has been modified',
  )
})

it('clears by key, leaves what targets on this machine keep, and what is of another project', async () => {
  await localOf('mine').write('secrets/db', { of: 'compose' })
  cluster.put(namespaceNamed('todo', 'todo'))
  const other = memoryOn('mine', {
    project: 'blog',
  })
  await other.write('hash-key', 'of blog')
  const memory = memoryOn('mine')
  for (const key of ['secrets/db', 'certs/web', 'smoke', 'ports', 'file-hashes', 'revisions/1'])
    await memory.write(key, {})
  await memory.clear(['secrets', 'certs', 'revisions', 'ports'])
  expect(await memoryOn('mine').list('')).toEqual(['certs/web', 'ports', 'revisions/1', 'secrets/db'])
  await memory.clear([])
  expect(await memoryOn('mine').list('')).toEqual([])
  expect(await localOf('mine').read('secrets/db')).toEqual({ of: 'compose' })
  expect(await other.read('hash-key')).toBe('of blog')
})

it('clears what somebody who was killed had begun to write', async () => {
  const memory = memoryOn('mine')
  await memory.write('file-hashes', {})
  await memory.write('sync/lives/one', {})
  const begun = ['file-hashes.json.0123456789ab.tmp', 'sync/lives/two.json.0123456789ab.tmp']
  for (const name of begun) await writeFile(join(memory.folder, name), '{')
  await writeFile(join(memory.folder, 'compose.json.0123456789ab.tmp'), 'of a target on this machine')
  await memory.clear([])
  expect(await readdir(memory.folder)).toEqual(['compose.json.0123456789ab.tmp'])
})

it('without a cluster there is nothing to read, and nothing can be kept', async () => {
  const memory = memoryOn('mine', { client: () => Promise.resolve(undefined) })
  expect(await memory.read('secrets/db')).toBeUndefined()
  expect(await memory.list('')).toEqual([])
  await memory.clear([])
  await memory.write('file-hashes', {})
  expect(await failure(memory.write('secrets/db', {}))).toMatchObject({
    kind: 'precondition',
    message: 'the cluster of todo is not there yet, so nothing can be kept in it',
  })
})

it('S58: a namespace of somebody else is left alone unless the profile names it', async () => {
  cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'todo' } })
  const error = await failure(memoryOn('mine').write('hash-key', 'abc'))
  expect(error.message).toBe('namespace todo is there already, and it was not made by iamstack')
  expect(error.hint).toBe(
    'choose another one with `namespace: NAME` in the profile; one that is named there is used as it is and never deleted',
  )
  expect((await failure(memoryOn('mine').lock('up'))).message).toBe(error.message)
  expect(cluster.calls.filter((call) => !call.startsWith('get'))).toEqual([])
  const given = memoryOn('mine', { isNamespaceGiven: true })
  await given.write('hash-key', 'abc')
  expect(cluster.objects.get('Namespace//todo')?.metadata.labels).toBeUndefined()
})

it('names what is broken, missing as a right, or being removed, but never a value', async () => {
  const memory = memoryOn('mine')
  await memory.write('secrets/db', { password: 's3cret' })
  const [secret] = [...cluster.objects.values()].filter(({ kind }) => kind === 'Secret')
  const data = { 'value.json': Buffer.from('{ "s3cret').toString('base64') }
  cluster.put({ ...(secret as KubeObject), data })
  const broken = await failure(memoryOn('yours').read('secrets/db'))
  expect(broken.message).toBe(`Secret ${secret?.metadata.name} in namespace todo cannot be read`)
  expect(JSON.stringify(broken)).not.toContain('s3cret')

  cluster.beforeWrite = () => {
    throw new KubeError(403, 'Forbidden', 'secrets is forbidden: User "ci" cannot create resource "secrets"')
  }
  expect(await failure(memory.write('smoke', []))).toMatchObject({
    kind: 'precondition',
    message:
      'cannot remember smoke in namespace todo: secrets is forbidden: User "ci" cannot create resource "secrets"',
    hint: 'the memory of the stack needs the rights get, list, create, update, delete on Secrets and Leases in todo',
  })
  cluster.beforeWrite = () => {
    throw new KubeError(403, 'Forbidden', 'unable to create new content', [
      {
        field: 'metadata.namespace',
        reason: 'NamespaceTerminating',
        message: 'namespace todo is being terminated',
      },
    ])
  }
  expect((await failure(memory.write('smoke', []))).message).toBe('namespace todo is being removed')
})

it('a namespace that is going is waited for, and made anew', async () => {
  cluster.put({
    ...namespaceObject('todo', 'todo'),
    metadata: { ...namespaceObject('todo', 'todo').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
  })
  const told: string[] = []
  const options = { tell: (text: string) => void told.push(text), waiting: { pause: 1, patience: 30 } }
  expect(await failure(memoryOn('mine', options).lock('up'))).toMatchObject({
    kind: 'precondition',
    message: 'namespace todo is being removed',
  })
  const memory = memoryOn('mine', { ...options, waiting: { pause: 1 } })
  const locking = memory.lock('up')
  await vi.waitFor(() => expect(told).toHaveLength(2))
  for (const key of cluster.objects.keys()) cluster.objects.delete(key)
  const lock = await locking
  await memory.write('hash-key', 'abc')
  await lock.release()
  expect(told).toEqual(Array(2).fill('namespace todo is being removed: waiting until it is gone'))
})

it('a key that has no home is a mistake of ours', async () => {
  await expect(async () => memoryOn('mine').read('ledger')).rejects.toThrow('“ledger” has no home')
})

it('marks the namespace and everything in it as the driver does', () => {
  expect(ownLabels('todo')).toEqual(
    Object.fromEntries(
      Object.entries(labelsOf('todo', 'namespace/x')).filter(([label]) => label !== resourceLabel),
    ),
  )
  expect(namespaceObject('todo', 'todo-two').metadata).toEqual({
    name: 'todo-two',
    labels: labelsOf('todo', 'namespace/todo-two'),
    annotations: { [resourceAnnotation]: 'namespace/todo-two', [partsAnnotation]: '{}' },
  })
})
