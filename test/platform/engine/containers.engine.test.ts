import { pack, extract } from 'tar-stream'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { getArchive, putArchive } from '../../../src/platform/engine/archive.ts'
import {
  createContainer,
  inspectContainer,
  killContainer,
  listContainers,
  removeContainer,
  renameContainer,
  restartContainer,
  startContainer,
  stopContainer,
  waitContainer,
} from '../../../src/platform/engine/containers.ts'
import { isConflict, isNotFound } from '../../../src/platform/engine/errors.ts'
import { events, type EventQuery } from '../../../src/platform/engine/events.ts'
import { logs } from '../../../src/platform/engine/logs.ts'
import {
  connectNetwork,
  createNetwork,
  disconnectNetwork,
  listNetworks,
  removeNetwork,
} from '../../../src/platform/engine/networks.ts'
import { diskUsage, engineInfo, engineVersion } from '../../../src/platform/engine/system.ts'
import { createVolume, listVolumes, removeVolume } from '../../../src/platform/engine/volumes.ts'
import { collect, realEngine } from './real-engine.ts'

const { engine, prefix, create, running, afterwards } = await realEngine()

test('the life of a container: created, running, renamed, stopped, started, killed, removed', async () => {
  const label = `dev.iamstack.test=${prefix}-life`
  const id = await create('life', {
    Image: 'busybox:stable',
    Cmd: ['sh', '-c', 'trap "exit 7" USR1; sleep 600 & wait'],
    Labels: { 'dev.iamstack.test': `${prefix}-life` },
  })
  const seen: string[] = []
  const look = async () => {
    const [found] = await listContainers(engine, [label])
    seen.push(found === undefined ? 'gone' : `${found.Names.join().replace(prefix, '')} ${found.State}`)
  }
  // Whoever waits for an end is told before the engine's own list knows of it.
  const listed = (state: string) =>
    vi.waitFor(async () => expect((await listContainers(engine, [label]))[0]?.State).toBe(state))
  await look()
  const ended = waitContainer(engine, id, 'next-exit')
  await startContainer(engine, id)
  await startContainer(engine, id)
  await look()
  await renameContainer(engine, id, `${prefix}-renamed`)
  await stopContainer(engine, id, { signal: 'SIGUSR1', grace: 10 })
  expect(await ended).toBe(7)
  await listed('exited')
  await look()
  await restartContainer(engine, id, { grace: 0 })
  await killContainer(engine, id)
  expect(await waitContainer(engine, id, 'not-running')).toBe(137)
  await listed('exited')
  await look()
  await removeContainer(engine, id)
  await look()
  expect(seen).toEqual(['/-life created', '/-life running', '/-renamed exited', '/-renamed exited', 'gone'])
})

test('what the engine refuses is told apart', async () => {
  const id = await running('refused')
  const errors = await Promise.all(
    [
      inspectContainer(engine, `${prefix}-nothing`),
      createContainer(engine, `${prefix}-refused`, { Image: 'busybox:stable' }),
      createContainer(engine, `${prefix}-imageless`, { Image: 'iamstack.invalid/nothing:1' }),
      removeContainer(engine, id, { force: false }),
    ].map((each) =>
      each.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  )
  expect(errors.map((error) => [isNotFound(error), isConflict(error)])).toEqual([
    [true, false],
    [false, true],
    [true, false],
    [false, true],
  ])
})

test('files go in and come out', async () => {
  const id = await create('files', { Image: 'busybox:stable', Cmd: ['true'] })
  const tar = pack()
  tar.entry({ name: 'greeting', uid: 1000, mode: 0o400 }, 'hello')
  tar.finalize()
  await putArchive(engine, id, '/tmp', Readable.from(tar, { objectMode: false }))
  const seen: unknown[] = []
  const entries = (await getArchive(engine, id, '/tmp/greeting')).pipe(extract())
  for await (const entry of entries) {
    const { name, uid, mode } = entry.header
    seen.push([name, uid, mode, await text(entry)])
  }
  expect(seen).toEqual([['greeting', 1000, 0o100400 & 0o777, 'hello']])
  await expect(putArchive(engine, id, '/no/such/folder', Buffer.alloc(1024))).rejects.toSatisfy(isNotFound)
})

test('log lines have stream and time; long, unfinished and empty lines are whole', async () => {
  const script = 'echo one; echo two >&2; echo; head -c 40000 /dev/zero | tr "\\0" x; echo; printf unfinished'
  const id = await running('logs', { Cmd: ['sh', '-c', script] })
  await waitContainer(engine, id, 'not-running')
  const lines = await collect(logs(engine, id, {}))
  const shown = lines.map(
    ({ stream, line }) => `${stream} ${line.length > 80 ? `${String(line.length)} long` : line}`,
  )
  expect(shown.filter((each) => each.startsWith('stdout'))).toEqual([
    'stdout one',
    'stdout ',
    'stdout 40000 long',
    'stdout unfinished',
  ])
  expect(shown.filter((each) => each.startsWith('stderr'))).toEqual(['stderr two'])
  const started = Date.parse((await inspectContainer(engine, id)).State.StartedAt)
  expect(lines.every(({ time }) => time >= started - 1000 && time < started + 60_000)).toBe(true)
  expect((await collect(logs(engine, id, { tail: 1 }))).map(({ line }) => line)).toEqual(['unfinished'])
  expect(await collect(logs(engine, id, { since: Date.now() + 60_000 }))).toEqual([])
})

test('log lines of a container with a terminal', async () => {
  const id = await running('tty-logs', { Tty: true, Cmd: ['sh', '-c', 'echo one; echo two'] })
  await waitContainer(engine, id, 'not-running')
  expect((await collect(logs(engine, id, {}))).map(({ line }) => line)).toEqual(['one', 'two'])
})

test('followed logs come as they are written, and end quietly with the signal or with the container', async () => {
  const id = await running('follow', {
    Cmd: ['sh', '-c', 'trap "echo bye; exit 0" TERM; echo up; sleep 600 & wait'],
  })
  const controller = new AbortController()
  const aborted: string[] = []
  for await (const { line } of logs(engine, id, { follow: true }, controller.signal)) {
    aborted.push(line)
    controller.abort()
  }
  expect(aborted).toEqual(['up'])
  const whole: string[] = []
  for await (const { line } of logs(engine, id, { follow: true })) {
    whole.push(line)
    if (line === 'up') await stopContainer(engine, id, { grace: 10 })
  }
  expect(whole).toEqual(['up', 'bye'])
})

test('20 000 lines arrive, in order', async () => {
  const id = await running('flood', { Cmd: ['seq', '20000'] })
  let expected = 1
  for await (const { line } of logs(engine, id, { follow: true })) expect(Number(line)).toBe(expected++)
  expect(expected).toBe(20_001)
})

test('networks with a subnet, and who is in them', async () => {
  const label = `dev.iamstack.test=${prefix}`
  const subnet = `10.213.${String(Number.parseInt(prefix.slice(-2), 16))}.16/28`
  const name = `${prefix}-net`
  const id = await createNetwork(engine, name, { subnet, labels: { 'dev.iamstack.test': prefix } })
  afterwards(() => removeNetwork(engine, id))
  expect(
    (await listNetworks(engine, [label])).map((each) => [each.Name, each.IPAM.Config?.[0]?.Subnet]),
  ).toEqual([[name, subnet]])
  await expect(createNetwork(engine, name, { labels: {} })).rejects.toSatisfy(isConflict)

  const container = await running('member')
  await connectNetwork(engine, id, container, { Aliases: ['db'] })
  const joined = (await inspectContainer(engine, container)).NetworkSettings.Networks
  expect(joined[name]?.Aliases).toContain('db')
  await disconnectNetwork(engine, id, container)
  expect(Object.keys((await inspectContainer(engine, container)).NetworkSettings.Networks)).toEqual([
    'bridge',
  ])
  await removeNetwork(engine, id)
  expect(await listNetworks(engine, [label])).toEqual([])
})

test('volumes: made twice is made once, and not removed while in use', async () => {
  const label = `dev.iamstack.test=${prefix}`
  const name = `${prefix}-data`
  afterwards(() => removeVolume(engine, name))
  await createVolume(engine, name, { 'dev.iamstack.test': prefix })
  await createVolume(engine, name, { 'dev.iamstack.test': 'another' })
  expect((await listVolumes(engine, [label])).map((each) => each.Name)).toEqual([name])
  const user = await create('user', {
    Image: 'busybox:stable',
    HostConfig: { Mounts: [{ Type: 'volume', Source: name, Target: '/data' }] },
  })
  await expect(removeVolume(engine, name)).rejects.toSatisfy(isConflict)
  await removeContainer(engine, user)
  await removeVolume(engine, name)
  expect(await listVolumes(engine, [label])).toEqual([])
})

test('events of ours, until the signal', async () => {
  const controller = new AbortController()
  const seen: string[] = []
  const query: EventQuery = {
    labels: [`dev.iamstack.test=${prefix}-event`],
    types: ['container'],
    actions: ['create', 'start', 'die', 'destroy'],
  }
  const since = Date.now()
  const following = (async () => {
    for await (const event of events(engine, { ...query, since }, controller.signal)) {
      seen.push(event.Action)
      if (event.Action === 'destroy') controller.abort()
    }
  })()
  const id = await running('event', { Cmd: ['true'], Labels: { 'dev.iamstack.test': `${prefix}-event` } })
  await waitContainer(engine, id, 'not-running')
  await removeContainer(engine, id)
  await following
  expect(seen).toEqual(['create', 'start', 'die', 'destroy'])
})

test('what the engine says about itself', async () => {
  const [info, version, usage] = await Promise.all([
    engineInfo(engine),
    engineVersion(engine),
    diskUsage(engine),
  ])
  expect(info.DockerRootDir).toMatch(/^\//)
  expect(info.ServerVersion).toBe(version.Version)
  expect(usage.images).toBeGreaterThan(1_000_000)
})
