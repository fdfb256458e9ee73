import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { findDev, type DevLink } from '../../src/attach/client.ts'
import { attachProtocol, type Hello, type RemoteIntent, type Replay } from '../../src/attach/protocol.ts'
import { unpackState } from '../../src/attach/replay.ts'
import { serveDev } from '../../src/attach/server.ts'
import { StepError } from '../../src/plan/step-error.ts'
import { devSocketPath } from '../../src/session/socket-path.ts'
import type { Event } from '../../src/state/events.ts'
import { createLogBuffers } from '../../src/state/log-buffers.ts'
import { createStore } from '../../src/state/store.ts'
import { pictureEvents } from '../tui/picture.ts'

const hello: Hello = {
  type: 'hello',
  protocol: attachProtocol,
  version: 'test',
  pid: 4711,
  startedAt: 1,
  project: 'shop',
  target: 'process',
  services: [],
}
const patient = { timeout: 20_000 }

function stateFolder(more = ''): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'iamstack-attach-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const state = join(folder, more)
  mkdirSync(state, { recursive: true, mode: 0o700 })
  return state
}

async function serve(
  state: string,
  act: (intent: RemoteIntent) => Promise<string | undefined> = () => Promise.resolve(undefined),
) {
  const events = createStore()
  const store = createStore()
  const logs = createLogBuffers()
  let watchers = 0
  const server = await serveDev({
    state,
    hello,
    events,
    screen: {
      store,
      logs,
      watch() {
        watchers += 1
        return () => {
          watchers -= 1
        }
      },
    },
    act,
  })
  onTestFinished(() => server.close(0))
  return { server, events, store, logs, watchers: () => watchers }
}

async function linkTo(state: string): Promise<DevLink> {
  const link = await findDev(state)
  if (!link) throw new Error('there is no dev')
  onTestFinished(() => link.close())
  return link
}

/** Attaches, and comes back with the replay; what comes later is in the lists. */
async function attached(link: DevLink, wants = { looks: false, logs: false }) {
  const heard: { events: Event[]; lines: string[]; settled: number[] } = {
    events: [],
    lines: [],
    settled: [],
  }
  const replay = await new Promise<Replay>((resolve) =>
    link.attach(wants, {
      onReplay: resolve,
      onEvent: (event) => heard.events.push(event),
      onLogs: (lines) => heard.lines.push(...lines.map(({ text }) => text)),
      onSettled: (exitCode) => heard.settled.push(exitCode),
    }),
  )
  return { replay, heard }
}

const note = (text: string): Event => ({ type: 'message.reported', at: 1, text })

describe('a served dev', () => {
  test('gives a newcomer its state and what came before, then everything that happens, and its end', async () => {
    const { server, events } = await serve(stateFolderOf())
    for (const event of pictureEvents()) events.dispatch(event)
    const link = await linkTo(lastState)
    expect(link.hello).toEqual(hello)
    const { replay, heard } = await attached(link)
    expect(unpackState(replay.state)).toEqual(events.getState())
    expect(replay.recent.at(0)).toMatchObject({ type: 'run.started' })
    expect(replay.settled).toBeUndefined()
    events.dispatch(note('one'))
    server.settle(4)
    events.dispatch(note('two'))
    await server.close(5)
    expect(await link.end).toEqual({ kind: 'ended', exitCode: 5 })
    expect(heard.events).toEqual([note('one'), note('two')])
    expect(heard.settled).toEqual([4])
    expect(await findDev(lastState)).toBeUndefined()
    expect(existsSync(devSocketPath(lastState))).toBe(false)
  })

  test('asks the target and follows logs for as long as somebody wants to see them', async () => {
    const state = stateFolder()
    const { store, logs, watchers, server } = await serve(state)
    server.settle(0)
    logs.write({ time: 1, service: 'api', replica: 1, stream: 'stdout', text: 'before' })
    const [lines, screen] = [await linkTo(state), await linkTo(state)]
    await attached(lines)
    expect(watchers()).toBe(0)
    const { replay, heard } = await attached(screen, { looks: true, logs: true })
    expect(replay).toMatchObject({ settled: 0, logs: [{ text: 'before' }] })
    expect(watchers()).toBe(1)
    for (const text of ['a', 'b', 'c'])
      logs.write({ time: 2, service: 'api', replica: 1, stream: 'stdout', text })
    store.dispatch(note('looked'))
    await vi.waitFor(
      () => expect(heard).toMatchObject({ lines: ['a', 'b', 'c'], events: [note('looked')] }),
      patient,
    )
    screen.close()
    expect(await screen.end).toEqual({ kind: 'closed' })
    await vi.waitFor(() => expect(watchers()).toBe(0), patient)
  })

  test('carries out what is asked, with a word or a refusal as the answer', async () => {
    const state = stateFolder()
    const asked: RemoteIntent[] = []
    await serve(state, (intent) => {
      asked.push(intent)
      if (intent.kind === 'restart') return Promise.resolve('restarted api')
      if (intent.kind === 'smoke') return Promise.resolve(undefined)
      return Promise.reject(
        new StepError('precondition', 'not possible', { hint: 'do it so', evidence: ['because'] }),
      )
    })
    const link = await linkTo(state)
    const answers = [
      link.act({ kind: 'restart', services: ['api'] }),
      link.act({ kind: 'smoke', checks: undefined }),
      link.act({ kind: 'stop', services: ['api'] }).catch((error: unknown) => error),
    ]
    expect(await Promise.all(answers)).toMatchObject([
      'restarted api',
      undefined,
      { kind: 'precondition', message: 'not possible', hint: 'do it so', evidence: ['because'] },
    ])
    expect(asked).toEqual([
      { kind: 'restart', services: ['api'] },
      { kind: 'smoke', checks: undefined },
      { kind: 'stop', services: ['api'] },
    ])
  })

  test('drops who does not read, and nobody else misses anything', async () => {
    const state = stateFolder()
    const { events } = await serve(state)
    const sleeper = await rawViewer(state)
    const { heard } = await attached(await linkTo(state))
    sleeper.pause()
    const large = 'x'.repeat(1024 * 1024)
    for (let sent = 1; sent <= 40; sent += 1) {
      events.dispatch(note(large))
      await vi.waitFor(() => expect(heard.events.length).toBe(sent), patient)
    }
    const gone = new Promise((resolve) => sleeper.once('close', resolve))
    sleeper.resume()
    await gone
    expect(sleeper.bytesRead).toBeLessThan(30 * 1024 * 1024)
  })

  test.each(['no JSON at all', '{"type":"act","id":1,"intent":{"kind":"run","words":["down"]}}', 'null'])(
    'does not talk on after %s',
    async (line) => {
      const state = stateFolder()
      const { server } = await serve(state, () => Promise.reject(new Error('was carried out')))
      const stranger = await rawViewer(state)
      const gone = new Promise((resolve) => stranger.once('close', resolve))
      stranger.write(`${line}\n`)
      stranger.resume()
      await gone
      expect((await linkTo(state)).hello).toEqual(hello)
      await server.close(0)
    },
  )

  test('an act that is under way when dev is killed is told as that', async () => {
    const state = stateFolder()
    const path = devSocketPath(state)
    const sockets: Socket[] = []
    await listening(path, (socket) => {
      sockets.push(socket)
      socket.write(`${JSON.stringify(hello)}\n`)
    })
    const link = await linkTo(state)
    const answer = link.act({ kind: 'restart', services: [] })
    for (const socket of sockets) socket.destroy()
    await expect(answer).rejects.toMatchObject({
      kind: 'precondition',
      message: 'dev (process 4711) went away before it answered',
    })
    expect(await link.end).toEqual({ kind: 'lost' })
    await expect(link.act({ kind: 'restart', services: [] })).rejects.toThrow('went away')
  })
})

describe('what else may be where dev listens', () => {
  test('nothing', async () => {
    expect(await findDev(stateFolder())).toBeUndefined()
  })

  test.skipIf(process.platform === 'win32')(
    'the socket of a killed one: no dev, and the next takes its place',
    async () => {
      const state = stateFolder()
      const path = devSocketPath(state)
      const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
      spawnSync(process.execPath, ['-e', program, path])
      expect(existsSync(path)).toBe(true)
      expect(await findDev(state)).toBeUndefined()
      await serve(state)
      expect((await linkTo(state)).hello).toEqual(hello)
      expect(statSync(path).mode & 0o777).toBe(0o600)
    },
  )

  test.skipIf(process.platform === 'win32')(
    'a socket of a successor stays when an older one ends',
    async () => {
      const state = stateFolder()
      const older = await serve(state)
      await serve(state)
      await older.server.close(0)
      expect((await linkTo(state)).hello).toEqual(hello)
    },
  )

  test('a file', async () => {
    const state = stateFolder()
    writeFileSync(devSocketPath(state), 'text')
    await expect(findDev(state)).rejects.toMatchObject({
      kind: 'precondition',
      message: `${devSocketPath(state)} is no socket`,
      hint: 'remove it, or run iamstack dev, which puts its own there',
    })
  })

  test.each([
    ['no JSON', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['other JSON', '{"jsonrpc":"2.0"}\n'],
    ['half a hello', '{"type":"hello","protocol":1,"pid":1}\n'],
  ])('a program that says %s', async (_what, text) => {
    const state = stateFolder()
    await listening(devSocketPath(state), (socket) => socket.end(text))
    await expect(findDev(state)).rejects.toMatchObject({
      message: `what listens on ${devSocketPath(state)} does not speak as dev does`,
    })
  })

  test('a program that says nothing, as one that is suspended', async () => {
    const state = stateFolder()
    await listening(devSocketPath(state), () => undefined)
    await expect(findDev(state, 50)).rejects.toMatchObject({
      message: `dev does not answer on ${devSocketPath(state)}`,
      hint: 'if it is suspended (Ctrl-Z), fg in its terminal wakes it; otherwise end its process',
    })
  })

  test('a dev of another version', async () => {
    const state = stateFolder()
    await listening(devSocketPath(state), (socket) =>
      socket.write('{"type":"hello","protocol":7,"pid":12,"new":true}\n'),
    )
    await expect(findDev(state)).rejects.toMatchObject({
      message: 'dev (process 12) is of a newer iamstack: it speaks version 7, this one 1',
      hint: 'attach with the iamstack that it was started with, or end it (kill 12) and start it anew',
    })
  })

  test.skipIf(userInfo().uid !== 0)("another user's socket", async () => {
    const state = stateFolder()
    await serve(state)
    chownSync(devSocketPath(state), 65_534, 65_534)
    await expect(findDev(state)).rejects.toMatchObject({
      message: `${devSocketPath(state)} belongs to another user`,
    })
  })

  test('a state folder whose path is too long for a socket has a short one', async () => {
    const state = stateFolder(`${'long/'.repeat(30)}folder`)
    const path = devSocketPath(state)
    expect(path.startsWith(state)).toBe(false)
    const { server } = await serve(state)
    expect((await linkTo(state)).hello).toEqual(hello)
    await server.close(0)
    expect(existsSync(path)).toBe(false)
  })
})

/** The state folder of the first test, which asks for it again after its end. */
let lastState = ''
function stateFolderOf(): string {
  return (lastState = stateFolder())
}

async function listening(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(path, () => resolve()))
  if (process.platform !== 'win32') chmodSync(path, 0o600)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return server
}

/** A viewer that is attached and reads only when it is told to. */
async function rawViewer(state: string): Promise<Socket> {
  const socket = connect(devSocketPath(state))
  socket.on('error', () => socket.destroy())
  onTestFinished(() => void socket.destroy())
  await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.write('{"type":"attach","looks":false,"logs":false}\n')
  await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  return socket
}
