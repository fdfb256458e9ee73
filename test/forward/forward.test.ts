import { Agent, createServer as createHttpServer, request, type Server as HttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  openForward,
  type Forward,
  type ForwardEvent,
  type ForwardOptions,
} from '../../src/forward/forward.ts'
import { fakeCluster, type FakeCluster } from './fake-cluster.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

interface Bench {
  readonly cluster: FakeCluster
  readonly forward: Forward
  readonly events: ForwardEvent[]
}

async function bench(options: Partial<ForwardOptions> = {}): Promise<Bench> {
  const cluster = fakeCluster()
  const events: ForwardEvent[] = []
  const forward = await openForward({
    client: cluster.client,
    target: { namespace: 'demo', selector: { app: 'web' }, port: 80 },
    local: { port: undefined, isFixed: false },
    onEvent: (event) => events.push(event),
    ...options,
  })
  open.push(forward)
  return { cluster, forward, events }
}

async function listening(server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ close: () => server.close() })
  return (server.address() as AddressInfo).port
}

/** Answers every request with its name. */
function named(name: string): Promise<number> {
  return listening(createHttpServer((_request, response) => response.end(name)))
}

function tcp(serve: (socket: Socket) => void): Promise<number> {
  return listening(createServer({ allowHalfOpen: true }, serve))
}

/** All that comes back on a connection on which `text` was said and then no more. */
function said(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let heard = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk))
    socket.once('end', () => resolve(heard)).once('error', reject)
    socket.once('close', () => resolve(heard))
    socket.end(text)
  })
}

function ask(
  port: number,
  agent: Agent | false,
  method = 'GET',
): Promise<{ text: string; isReused: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', agent, method }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('end', () => resolve({ text, isReused: sent.reusedSocket }))
    })
    sent.once('error', reject)
    sent.end()
  })
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('a forward', () => {
  it('passes bytes both ways, to a client that has ended its side too, and counts them', async () => {
    const { cluster, forward } = await bench()
    const port = await tcp((socket) => {
      socket.on('data', (chunk) => setTimeout(() => socket.end(`heard ${chunk.toString()}`), 20))
    })
    cluster.add('web-1', port)
    expect(await said(forward.port, 'hello')).toBe('heard hello')
    await until(() => forward.counts().open === 0)
    expect(forward.counts()).toEqual({ open: 0, held: 0, total: 1, refused: 0, sent: 5, received: 11 })
  })

  it('lets go of a client that has ended its side when nothing more is said', async () => {
    const { cluster, forward } = await bench({ linger: 50 })
    const ends: string[] = []
    const serve = (socket: Socket): void => {
      socket.on('end', () => socket.end()).once('close', () => ends.push('closed'))
      socket.resume().write('hello')
    }
    cluster.add('db-1', await tcp(serve))
    expect(await said(forward.port, 'goodbye')).toBe('hello')
    await until(() => ends.length === 1)
    expect(forward.counts()).toMatchObject({ open: 0, total: 1 })
  })

  it('lets a server speak first', async () => {
    const { cluster, forward } = await bench()
    cluster.add('db-1', await tcp((socket) => socket.end('220 ready')))
    expect(await said(forward.port, '')).toBe('220 ready')
  })

  it('passes megabytes both ways at once and in order', async () => {
    const { cluster, forward } = await bench()
    const text = Array.from({ length: 400_000 }, (_, index) => index.toString().padStart(8)).join('')
    const echo = (socket: Socket): void => {
      let left = text.length
      socket.on('data', (chunk) => {
        left -= chunk.length
        if (!socket.write(chunk)) socket.pause()
        if (left === 0) socket.end()
      })
      socket.on('drain', () => socket.resume())
    }
    cluster.add('web-1', await tcp(echo))
    expect((await said(forward.port, text)) === text).toBe(true)
  })

  it('serves many at once, in turn', async () => {
    const { cluster, forward } = await bench()
    for (const name of ['a', 'b']) cluster.add(name, await named(name))
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(forward.port, false)))
    expect(answers.filter(({ text }) => text === 'a')).toHaveLength(100)
    expect(answers.filter(({ text }) => text === 'b')).toHaveLength(100)
  })

  it('holds connections while no pod is ready, and serves them when one is', async () => {
    const { cluster, forward, events } = await bench()
    const answers = Array.from({ length: 20 }, () => ask(forward.port, false))
    await until(() => forward.counts().held === 20)
    cluster.add('web-1', await named('late'))
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(Array(20).fill('late'))
    expect(events.map(({ type }) => type)).toEqual(['held', 'released'])
    expect(forward.counts()).toMatchObject({ held: 0, total: 20, refused: 0 })
  })

  it('closes what waited too long, and what would wait behind too many', async () => {
    const { forward, events } = await bench({ patience: 100, queue: 2 })
    const answers = await Promise.allSettled(Array.from({ length: 3 }, () => ask(forward.port, false)))
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(events.flatMap((event) => (event.type === 'refused' ? event.why : []))).toEqual([
      '2 connections wait already',
      'no pod is ready',
      'no pod is ready',
    ])
  })

  it('goes to another pod when one refuses', async () => {
    const { cluster, forward } = await bench()
    const closed = createServer()
    const refusing = await listening(closed)
    await new Promise((resolve) => closed.close(resolve))
    cluster.add('refusing', refusing)
    cluster.add('web-1', await named('other'))
    for (let count = 0; count < 6; count += 1)
      expect((await ask(forward.port, false, 'POST')).text).toBe('other')
    expect(cluster.dialled).toContain('refusing')
  })

  it('says who refused when nobody takes a connection in time', async () => {
    const { cluster, forward, events } = await bench({ patience: 150 })
    const closed = createServer()
    const refusing = await listening(closed)
    await new Promise((resolve) => closed.close(resolve))
    cluster.add('web-1', refusing)
    await expect(ask(forward.port, false)).rejects.toThrow()
    expect(events).toEqual([{ type: 'refused', why: 'connect: connection refused' }])
  })

  it('sends a GET again that was cut off without an answer, and no POST', async () => {
    const { cluster, forward } = await bench()
    let isCut = true
    const port = await tcp((socket) => {
      socket.once('data', () => {
        if (isCut) socket.destroy()
        else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        isCut = false
      })
    })
    cluster.add('web-1', port)
    expect((await ask(forward.port, false)).text).toBe('ok')
    isCut = true
    await expect(ask(forward.port, false, 'POST')).rejects.toThrow()
  })

  it('keeps a connection at rest over the replacement of its pod', async () => {
    const { cluster, forward } = await bench()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    open.push({ close: () => agent.destroy() })
    const seen: { text: string; isReused: boolean }[] = []
    for (const name of ['one', 'two', 'three']) {
      cluster.add(name, await named(name))
      seen.push(await ask(forward.port, agent))
      cluster.leave(name)
      if (name === 'two') cluster.remove(name)
    }
    expect(seen).toEqual([
      { text: 'one', isReused: false },
      { text: 'two', isReused: true },
      { text: 'three', isReused: true },
    ])
    expect(forward.counts()).toMatchObject({ open: 1, total: 1 })
  })

  it('lets a request finish on the pod that leaves', async () => {
    const { cluster, forward } = await bench()
    let finish: () => void = () => undefined
    const slow = createHttpServer((_request, response) => {
      finish = () => response.end('slow')
      response.flushHeaders()
    })
    cluster.add('slow', await listening(slow))
    const answer = ask(forward.port, false)
    await until(() => forward.counts().received > 0)
    cluster.add('fresh', await named('fresh'))
    cluster.leave('slow')
    await until(() => forward.ready() === 1)
    expect((await ask(forward.port, false)).text).toBe('fresh')
    finish()
    expect((await answer).text).toBe('slow')
  })

  it('S122: not one of 1000 requests fails while pods are replaced under it', async () => {
    const { cluster, forward } = await bench()
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    open.push({ close: () => agent.destroy() })
    for (const name of ['pod-0', 'pod-1']) cluster.add(name, await named(name))
    let next = 2
    const failures: unknown[] = []
    let asked = 0
    const work = async (): Promise<void> => {
      while (asked < 1000) {
        asked += 1
        if (asked % 100 === 0) {
          const port = await named(`pod-${next}`)
          cluster.leave(`pod-${next - 2}`)
          setTimeout(() => cluster.remove(`pod-${next - 3}`), 5)
          cluster.add(`pod-${next}`, port)
          next += 1
        }
        await ask(forward.port, agent).catch((error: unknown) => failures.push(error))
      }
    }
    await Promise.all(Array.from({ length: 8 }, work))
    expect(failures).toEqual([])
    expect(new Set(cluster.dialled).size).toBeGreaterThan(8)
  })

  it('forgets pods that a new list no longer has', async () => {
    const { cluster, forward } = await bench()
    cluster.add('web-1', await named('one'))
    await until(() => forward.ready() === 1)
    cluster.relist()
    expect((await ask(forward.port, false)).text).toBe('one')
  })
})

describe('the port of a forward', () => {
  it('S122: is the next free one when the wanted one is taken, said aloud', async () => {
    const taken = await tcp((socket) => socket.end('somebody else'))
    const { forward, events } = await bench({ local: { port: taken, isFixed: false } })
    expect(forward.port).toBeGreaterThan(taken)
    expect(events).toEqual([
      { type: 'moved', port: forward.port, taken: `port ${taken} is taken by node (process ${process.pid})` },
    ])
  })

  it('S122: is refused with its owner when somebody asked for just that one', async () => {
    const taken = await tcp((socket) => socket.end('somebody else'))
    await expect(bench({ local: { port: taken, isFixed: true } })).rejects.toMatchObject({
      kind: 'deploy',
      message: `port ${taken} is taken by node (process ${process.pid})`,
      hint: 'end that program, choose another port with `expose: { NAME: local:PORT }`, or leave the number out to get a free one',
    })
  })
})
