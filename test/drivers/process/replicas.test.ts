import { Agent, request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ResourceId } from '../../../src/plan/resource.ts'
import { get, openWorkbench, server, until, type Workbench } from './workbench.ts'

vi.setConfig({ testTimeout: 30_000 })

let bench: Workbench
beforeEach(() => {
  bench = openWorkbench()
})
afterEach(() => bench.close())

const stack = (replicas: number, more = ''): string => `
services:
  web:
    ports: { http: 8000 }
    replicas: ${String(replicas)}
    health: { http: /, port: http, every: 100ms }
    env: { PORT: "\${self.port.http}"${more} }
    process: { run: node ${server} }
`

const pids = async (count: number): Promise<string[]> => {
  const url = `${await bench.url('web')}/pid`
  const seen = await Promise.all(Array.from({ length: count }, () => body(url, 'web')))
  return seen.sort()
}

describe('replicas behind one address', () => {
  it('S150: requests go to them in turn, and to none that is gone', async () => {
    expect((await bench.up(stack(2))).failures).toEqual([])
    const seen = await pids(10)
    const [one] = [...new Set(seen)] as [string]
    expect(seen.filter((pid) => pid === one)).toHaveLength(5)
    process.kill(Number(one), 'SIGKILL')
    const url = await bench.url('web')
    // A connection that was accepted as the replica died is lost with it; the next ones are not.
    await status(url, undefined)
    const after = await Promise.all(Array.from({ length: 10 }, () => status(url, undefined)))
    expect(new Set(after)).toEqual(new Set(['200']))
    expect(new Set(await pids(10)).has(one)).toBe(false)
  })

  it('S128: scales 1 → 3 → 1, and traffic follows', async () => {
    await bench.up(stack(1))
    const [single] = await pids(1)
    expect(await bench.planText(stack(3))).toContain('web')
    expect((await bench.up(stack(3))).failures).toEqual([])
    expect(new Set(await pids(12)).size).toBe(3)
    expect((await bench.observe()).get('service/web')?.replicas).toEqual({ ready: 3, total: 3 })
    expect((await bench.up(stack(1))).failures).toEqual([])
    expect(new Set(await pids(6)).size).toBe(1)
    expect(bench.leftovers().processes).toHaveLength(1)
    expect(single).not.toBe('')
  })

  it('S128: scaling what is behind the gateway already starts and stops only the difference', async () => {
    await bench.up(stack(2))
    const two = [...new Set(await pids(4))]
    const [web] = await bench.resources(stack(2))
    const run = { signal: new AbortController().signal, emit: () => undefined, progress: () => undefined }
    const step = {
      id: 'scale service/web',
      op: 'scale',
      resource: 'service/web' as ResourceId,
      cause: 'asked',
      after: [],
      destroys: undefined,
      from: undefined,
    } as const
    const scaled = { ...web!, replicas: 1 }
    await bench.driver.apply({ ...step, wanted: scaled, replicas: { from: 2, to: 1 } }, run)
    await bench.driver.ready(scaled, run)
    const one = [...new Set(await pids(4))]
    expect(one).toHaveLength(1)
    expect(two).toContain(one[0])
  })

  it('none of 1 000 requests is refused while every replica is replaced, with and without kept connections', async () => {
    await bench.up(stack(2))
    const before = new Set(await pids(4))
    const url = await bench.url('web')
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    let isOver = false
    const answers: Record<string, number> = {}
    const ask = async (kept: boolean): Promise<void> => {
      const answer = await status(`${url}/pid`, kept ? agent : undefined)
      answers[answer] = (answers[answer] ?? 0) + 1
    }
    const client = async (kept: boolean): Promise<void> => {
      for (let count = 0; count < 250 || !isOver; count += 1) await ask(kept)
    }
    const clients = Promise.all([client(false), client(false), client(true), client(true)])
    const outcome = await bench.up(stack(2, ', GREETING: new'))
    isOver = true
    await clients
    agent.destroy()
    expect(outcome.failures).toEqual([])
    expect(Object.keys(answers)).toEqual(['200'])
    expect(answers['200']).toBeGreaterThanOrEqual(1000)
    expect((await pids(4)).filter((pid) => before.has(pid))).toEqual([])
  })

  it('a replacement that cannot run leaves the old one serving', async () => {
    await bench.up(stack(2))
    const before = new Set(await pids(4))
    const outcome = await bench.up(stack(2, ', SLOW_START: "5000", DIE_AFTER: "50"'))
    expect(outcome.failures.map(({ error }) => error.message)).toEqual([
      'service web exited with code 3, 3 times',
    ])
    expect((await pids(4)).every((pid) => before.has(pid))).toBe(true)
    expect((await bench.up(stack(2))).failures).toEqual([])
  })
})

describe('routes', () => {
  const routed = `
services:
  one: &web
    ports: { http: 8000 }
    health: { http: /, port: http, every: 100ms }
    env: { PORT: "\${self.port.http}" }
    process: { run: node ${server} }
  two: *web
routes:
  one: { host: one.localhost, path: /, to: "one:http", body-size: 5m }
  two: { host: two.localhost, path: /, to: "two:http" }
`

  it('S149: two hosts on one port reach two services, with headers and a limit for bodies', async () => {
    const own = openWorkbench({ instance: 'a' })
    try {
      expect((await own.up(routed)).failures).toEqual([])
      const ports = (await own.memory.read('ports')) as Record<string, number>
      const url = `http://127.0.0.1:${String(ports['gateway.main'])}`
      const at = (host: string, path: string): Promise<string> => body(`${url}${path}`, host)
      const [one, two] = [await get(`${await own.url('one')}/pid`), await get(`${await own.url('two')}/pid`)]
      expect([await at('a.one.localhost', '/pid'), await at('A.two.localhost:80', '/pid')]).toEqual([
        one,
        two,
      ])
      expect(await at('three.localhost', '/')).toBe('404 Not Found: no route for this host and path\n')
      expect(JSON.parse(await at('a.one.localhost', '/headers'))).toMatchObject({
        host: 'a.one.localhost',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'a.one.localhost',
        'x-forwarded-proto': 'http',
        'x-real-ip': '127.0.0.1',
      })
      const megabytes = (count: number): Promise<string> =>
        body(`${url}/size`, 'a.one.localhost', Buffer.alloc(count * 1024 * 1024))
      expect(await megabytes(4)).toBe(String(4 * 1024 * 1024))
      expect(await megabytes(6)).toBe(
        `413 Payload Too Large: the body is larger than ${String(5 * 1024 * 1024)} bytes\n`,
      )
      await own.down()
      await own.driver.close()
      expect(own.leftovers()).toEqual({ processes: [], files: [] })
    } finally {
      await own.close()
    }
  })
})

describe('a single replica', () => {
  it('on a port that the file fixes rolls behind a proxy when the file asks for it', async () => {
    const fixed = (greeting: string): string => `
services:
  web:
    ports: { http: 8000 }
    expose: { http: "local:19876" }
    update: { strategy: rolling }
    health: { http: /, port: http, every: 100ms }
    env: { PORT: "\${self.port.http}", GREETING: ${greeting} }
    process: { run: node ${server} }
`
    expect((await bench.up(fixed('one'))).failures).toEqual([])
    expect(await bench.url('web')).toBe('http://127.0.0.1:19876')
    const answers = new Set<string>()
    const over = new AbortController()
    const asking = (async () => {
      while (!over.signal.aborted) answers.add(await status('http://127.0.0.1:19876/', undefined))
    })()
    expect((await bench.up(fixed('two'))).failures).toEqual([])
    over.abort()
    await asking
    expect([...answers]).toEqual(['200'])
  })

  it('that listens where it likes is reached at the port of the file', async () => {
    expect(
      (
        await bench.up(`
services:
  web:
    ports: { http: 19871 }
    expose: { http: "local:19872" }
    health: { http: /, port: http, every: 100ms }
    env: { PORT: "19871" }
    process: { run: node ${server} }
`)
      ).failures,
    ).toEqual([])
    await until(async () => (await status('http://127.0.0.1:19872/', undefined)) === '200')
    expect(await get('http://127.0.0.1:19872/')).toContain('hello from')
  })
})

function status(url: string, agent: Agent | undefined): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(url, { agent: agent ?? false }, (response) => {
      response.resume()
      response.on('end', () => resolve(String(response.statusCode)))
      response.on('error', (error) => resolve(error.message))
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    outgoing.end()
  })
}

function body(url: string, host: string, content?: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: content ? 'POST' : 'GET', headers: { host }, agent: false },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve(text))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(content)
  })
}
