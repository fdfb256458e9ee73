import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { specOf } from '../../../src/drivers/compose/desired/spec.ts'
import { Bench, engineOf, failuresOf } from './setup.ts'

let bench: Bench

beforeEach(() => {
  bench = new Bench()
})

afterEach(async () => {
  await bench.clean()
})

/** Answers with its word and host name; takes a moment to end, as a real server does. */
const server = `
    const { createServer } = require('http')
    const s = createServer((q, r) => { let n = 0; q.on('data', (c) => n += c.length); q.on('end', () => {
      if (q.url === '/headers') return r.end(JSON.stringify(q.headers))
      setTimeout(() => r.end(process.env.WORD + ' ' + require('os').hostname() + ' ' + n), 20) }) })
    setTimeout(() => s.listen(8000), 300)
    process.on('SIGTERM', () => s.close(() => process.exit(0)))`

const stack = (options: {
  replicas?: number
  word?: string
  routes?: string
  extra?: string
  command?: string
}) => `
services:
  api:
    image: node:20-bookworm-slim
    command: [node, -e, ${JSON.stringify(options.command ?? server)}]
    env: { WORD: ${options.word ?? 'one'} }
    ports: { http: 8000 }
    expose: { http: local:18131 }
    health: { http: /, port: http, every: 1s }
    replicas: ${options.replicas ?? 2}
    ${options.extra ?? ''}
routes: ${options.routes ?? '{}'}
`

interface Answer {
  readonly status: number
  readonly text: string
}

function ask(options: { port?: number; host?: string; path?: string; body?: Buffer } = {}): Promise<Answer> {
  const { port = 18131, host, path = '/', body } = options
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        method: body ? 'POST' : 'GET',
        headers: { ...(host !== undefined && { host }), ...(body && { 'content-length': body.length }) },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** Asks again and again until told to stop; the result is what was not the answer of a healthy service. */
function load(): { stop(): Promise<{ asked: number; wrong: string[] }> } {
  let isOn = true
  let asked = 0
  const wrong: string[] = []
  const client = async (): Promise<void> => {
    while (isOn) {
      asked += 1
      try {
        const { status, text } = await ask()
        if (status !== 200) wrong.push(`${status} ${text}`)
      } catch (error) {
        wrong.push(String(error))
      }
    }
  }
  const clients = [client(), client(), client()]
  return {
    async stop() {
      isOn = false
      await Promise.all(clients)
      return { asked, wrong }
    },
  }
}

async function hostsAsked(times: number): Promise<number> {
  const hosts = new Set<string>()
  for (let index = 0; index < times; index += 1) hosts.add((await ask()).text.split(' ')[1] ?? '')
  return hosts.size
}

async function withGateway(result: ReturnType<Bench['up']>) {
  const { driver, stack, facts, ...rest } = await result
  const gateway = driver.desired(stack, facts).find(({ kind }) => kind === 'gateway')
  if (!gateway) throw new Error('no gateway')
  return { driver, gateway, ...rest }
}

describe('the gateway', () => {
  test('replaces and scales replicas without a failed request (S126, S128, S150)', async () => {
    const first = await bench.up(stack({}))
    expect(failuresOf(first.outcome)).toBe('')
    expect(first.plan).toMatchInlineSnapshot(`
      "+ create  network/default  not there yet
      + create  service/api      not there yet  [after network/default]
      + create  gateway/main     not there yet  [after network/default, service/api]
      Plan: 3 to create; 0 unchanged."
    `)
    expect(await hostsAsked(10)).toBe(2)
    expect((await bench.up(stack({}))).made.steps).toEqual([])

    const requests = load()
    const second = await bench.up(stack({ word: 'two' }))
    expect(failuresOf(second.outcome)).toBe('')
    expect((await ask()).text).toMatch(/^two /)
    const grown = await bench.up(stack({ word: 'two', replicas: 3 }))
    expect(grown.plan).toMatchInlineSnapshot(`
      "~ scale   service/api  2 of 3 replicas
      Plan: 1 to scale; 2 unchanged."
    `)
    expect(failuresOf(grown.outcome)).toBe('')
    expect(await hostsAsked(12)).toBe(3)
    const shrunk = await bench.up(stack({ word: 'two', replicas: 2 }))
    expect(failuresOf(shrunk.outcome)).toBe('')
    expect(await hostsAsked(12)).toBe(2)
    const { asked, wrong } = await requests.stop()
    expect(wrong).toEqual([])
    expect(asked).toBeGreaterThan(50)

    expect((await bench.up(stack({ word: 'two' }))).made.steps).toEqual([])
    const engine = engineOf(shrunk.driver)
    await engine.post(`/containers/${bench.project}-iamstack-gateway-1/stop`)
    const extended = stack({ word: 'two', routes: '{ r: { to: "api:http" } }' })
    const mended = await bench.up(extended, { ports: { 'gateway.http': 18132 } })
    expect(failuresOf(mended.outcome)).toBe('')
    expect((await ask({ port: 18132 })).text).toMatch(/^two /)
    await bench.down(stack({}))
    expect(await bench.leftovers()).toEqual([])
  })

  test('keeps the old replicas where the new ones do not become ready (S126)', async () => {
    await bench.up(stack({}))
    const { outcome } = await bench.up(
      stack({ command: 'console.log("broken"); process.exit(9)', extra: 'update: { timeout: 20s }' }),
    )
    expect(failuresOf(outcome)).toMatch(
      /^service api exited 9, \d times; the old one goes on serving\nbroken/,
    )
    expect((await ask()).text).toMatch(/^one /)
    expect(await hostsAsked(10)).toBe(2)
  })

  test('routes by host and path, limits bodies, sets headers, and refuses a broken configuration (S82, S109, S149)', async () => {
    const routes =
      '{ app: { host: todo.localhost, path: /, to: "api:http", body-size: 5Mi }, h: { path: /headers, to: "api:http" } }'
    const given = { ports: { 'gateway.http': 18132 } }
    const { outcome } = await bench.up(stack({ replicas: 1, routes }), given)
    expect(failuresOf(outcome)).toBe('')
    const gate = { port: 18132, host: 'todo.localhost' }
    expect((await ask(gate)).status).toBe(200)
    expect(await ask({ ...gate, host: 'other.localhost' })).toEqual({
      status: 404,
      text: 'no route leads here',
    })
    expect((await ask({ ...gate, body: Buffer.alloc(4 * 2 ** 20) })).text).toMatch(/ 4194304$/)
    expect(
      (await ask({ ...gate, body: Buffer.alloc(6 * 2 ** 20) }).catch(() => ({ status: 413 }))).status,
    ).toBe(413)
    const headers = JSON.parse(
      (await ask({ ...gate, host: 'x.localhost', path: '/headers' })).text,
    ) as Record<string, string>
    expect(Object.keys(headers).sort()).toEqual(
      expect.arrayContaining(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']),
    )
    expect(headers).toMatchObject({ 'x-forwarded-host': 'x.localhost', 'x-forwarded-proto': 'http' })

    const changed = routes.replace('todo.localhost', 'new.localhost')
    const second = await withGateway(bench.up(stack({ replicas: 1, routes: changed }), given))
    expect(second.plan).toMatchInlineSnapshot(`
      "~ reload  gateway/main  routes changed
      Plan: 1 to reload; 2 unchanged."
    `)
    expect((await ask({ ...gate, host: 'new.localhost' })).status).toBe(200)
    const gateway = specOf(second.gateway, 'gateway')
    const [route] = gateway.routes
    const wanted = { ...second.gateway, spec: { ...gateway, routes: [{ ...route, listen: 99_999 }] } }
    const step = {
      id: 'reload gateway/main',
      op: 'reload',
      resource: wanted.id,
      cause: '',
      changed: [],
      after: [],
    } as const
    const run = { signal: AbortSignal.timeout(20_000), emit: () => undefined, progress: () => undefined }
    await expect(
      second.driver.apply({ ...step, wanted, destroys: undefined, from: undefined }, run),
    ).rejects.toMatchObject({
      message: 'the gateway refuses its new configuration; the old one goes on serving',
      evidence: expect.arrayContaining([expect.stringMatching(/invalid port/i)]),
    })
    expect((await ask({ ...gate, host: 'new.localhost' })).status).toBe(200)
  })
})

describe('pods and networks', () => {
  const sleeper = 'image: busybox:stable\n    stop: { grace: 1s }'
  test('members of a pod share network and scratch, and are replaced together (S77)', async () => {
    const yaml = (word: string) => `
services:
  edge:
    ${sleeper}
    pod: course
    command: [sh, -c, 'mkdir -p /w; echo ${word} > /share/edge; exec httpd -f -p 8001 -h /share']
    ports: { http: 8001 }
    mounts: { /share: { scratch: share } }
    health: { tcp: http }
  course:
    ${sleeper}
    command: [sh, -c, 'echo course > /share/index.html; exec httpd -f -p 8000 -h /share']
    pod: course
    ports: { http: 8000 }
    mounts: { /share: { scratch: share } }
    expose: { http: local:18133 }
    health: { http: /index.html, port: http }
`
    const first = await bench.up(yaml('one'))
    expect(failuresOf(first.outcome)).toBe('')
    expect(await ask({ port: 18133, path: '/edge' })).toEqual({ status: 200, text: 'one\n' })
    expect((await bench.up(yaml('one'))).made.steps).toEqual([])
    const changed = await bench.up(yaml('one').replace('echo course', 'echo Course'))
    expect(changed.plan).toMatchInlineSnapshot(`
      "~ replace service/course  command changed
      ~ replace service/edge    pod owner changed  [after service/course]
      Plan: 2 to replace; 1 unchanged."
    `)
    expect(failuresOf(changed.outcome)).toBe('')
    expect(await ask({ port: 18133, path: '/edge' })).toEqual({ status: 200, text: 'one\n' })
    await bench.down(yaml('one'))
    expect(await bench.leftovers()).toEqual([])
  })

  test('with isolation: edges only declared edges lead anywhere (S93)', async () => {
    const yaml = `
isolation: edges
services:
  db: { ${sleeper.replace('\n    ', ', ')}, command: [httpd, -f, -p, '8000'], ports: { http: 8000 }, health: { tcp: http } }
  api: { ${sleeper.replace('\n    ', ', ')}, command: [sleep, '1000'], needs: { db: healthy } }
  other: { ${sleeper.replace('\n    ', ', ')}, command: [sleep, '1000'] }
`
    const { outcome, driver } = await bench.up(yaml)
    expect(failuresOf(outcome)).toBe('')
    const reaches = (service: string): Promise<number> =>
      driver.exec(
        {
          service,
          command: ['sh', '-c', 'echo | nc -w 2 db 8000'],
          replica: undefined,
          workingDir: undefined,
          env: new Map(),
          tty: false,
          stdin: undefined,
          stdout: process.stdout,
          stderr: process.stdout,
        },
        AbortSignal.timeout(10_000),
      )
    expect(await reaches('api')).toBe(0)
    expect(await reaches('other')).not.toBe(0)
    expect(await bench.leftovers()).toEqual([
      `/${bench.project}-api-1`,
      `/${bench.project}-db-1`,
      `/${bench.project}-other-1`,
      `${bench.project}_db`,
      `${bench.project}_other`,
    ])
    await bench.down(yaml)
    expect(await bench.leftovers()).toEqual([])
  })
})
