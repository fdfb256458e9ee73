import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { inspectContainer } from '../../../src/platform/engine/containers.ts'
import { exec } from '../../../src/platform/engine/exec.ts'
import { plan } from '../../../src/plan/plan.ts'
import { Bench, engineOf, failuresOf } from './setup.ts'

let bench: Bench

beforeEach(() => {
  bench = new Bench()
})

afterEach(async () => {
  await bench.clean()
})

/** A web server that shows a variable, for replacement and health. */
const web = (extra = '', word = 'one') => `
services:
  web:
    image: busybox:stable
    command: [sh, -c, 'mkdir -p /w && echo "$WORD" > /w/index.html && exec httpd -f -p 8000 -h /w']
    env: { WORD: ${word} }
    ports: { http: 8000 }
    expose: { http: local:${port} }
    health: { http: /, port: http }
    stop: { grace: 1s }
    ${extra}
`
const port = 18123

async function answer(at = port): Promise<string> {
  return (await (await fetch(`http://127.0.0.1:${at}/`)).text()).trim()
}

describe('a service', () => {
  test('comes up, is left alone when nothing changed, is replaced when something did, and goes (S118)', async () => {
    const first = await bench.up(web())
    expect(failuresOf(first.outcome)).toBe('')
    expect(await answer()).toBe('one')
    expect((await bench.up(web())).plan).toMatchInlineSnapshot(
      `"Nothing to do: 2 resources are as the stack says."`,
    )
    const second = await bench.up(web('', 'two'))
    expect(second.plan).toMatchInlineSnapshot(`
      "~ replace service/web  env changed
      Plan: 1 to replace; 1 unchanged."
    `)
    expect(await answer()).toBe('two')
    expect((await bench.down(web())).plan).toMatchInlineSnapshot(`
      "- delete  service/web      asked for
      - delete  network/default  asked for  [after service/web]
      Plan: 2 to delete; 0 unchanged."
    `)
    expect(await bench.leftovers()).toEqual([])
  })

  test('that does not become ready gives its place back to the old one (S126)', async () => {
    await bench.up(web())
    const broken = await bench.up(web("entrypoint: [sh, -c, 'echo no such config; exit 3']", 'two'))
    expect(failuresOf(broken.outcome)).toMatchInlineSnapshot(`
      "service web exited 3, 3 times; the old one was started again
      no such config
      no such config
      no such config"
    `)
    // It was started again; its program takes a moment until it listens.
    await vi.waitFor(async () => expect(await answer()).toBe('one'), { timeout: 10_000 })
    expect(await bench.leftovers()).toEqual([`/${bench.project}-web-1`, `${bench.project}_default`])
  })

  test('whose port is taken says by whom (S116)', async () => {
    const server = createServer().listen(port, '127.0.0.1')
    const { outcome } = await bench.up(web())
    server.close()
    expect(failuresOf(outcome)).toBe(
      `service web cannot start: port ${port} is taken by node (process ${process.pid})`,
    )
    expect(failuresOf((await bench.up(web())).outcome)).toBe('')
    expect(await answer()).toBe('one')
  })

  test('in a crash loop fails in seconds with its last lines (S116)', async () => {
    const { outcome } = await bench.up(`
services:
  job: { image: busybox:stable, command: [sh, -c, 'echo cannot open db; exit 7'] }
`)
    expect(failuresOf(outcome)).toMatch(/^service job exited 7, \d times\ncannot open db/)
  })

  test('that uses more memory than its limit is told so (S70)', async () => {
    const { outcome } = await bench.up(`
services:
  hog:
    image: busybox:stable
    command: [sh, -c, 'head -c 200m /dev/zero | tail']
    resources: { limits: { memory: 16Mi } }
    ports: { http: 8000 }
    health: { tcp: http }
`)
    expect(failuresOf(outcome)).toMatch(/^service hog was killed: it used more memory than its limit/)
  })

  test('not ready in time ends with what the last check said', async () => {
    const { outcome } = await bench.up(`
services:
  slow:
    image: busybox:stable
    command: [sleep, '1000']
    ports: { http: 8000 }
    health: { tcp: http }
    update: { timeout: 2s }
    stop: { grace: 0s }
`)
    expect(failuresOf(outcome)).toMatchInlineSnapshot(
      `"service slow is not ready after 2 s: nobody listens inside the container"`,
    )
    expect(outcome.failures[0]?.error.kind).toBe('timeout')
  })

  test('comes back when its process is killed (S129), and a hand-made change is mended (S12)', async () => {
    const yaml = web()
    const { driver } = await bench.up(yaml)
    const exitCode = await driver.exec(
      {
        service: 'web',
        command: ['sh', '-c', 'echo out; cat; exit 5'],
        replica: undefined,
        workingDir: undefined,
        env: new Map(),
        tty: false,
        stdin: undefined,
        stdout: process.stdout,
        stderr: process.stderr,
      },
      AbortSignal.timeout(10_000),
    )
    expect(exitCode).toBe(5)
    const { engine } = await bench.driver(yaml)
    await engine.post(`/containers/${bench.project}-web-1/stop`, { query: { t: 0 } })
    const mended = await bench.up(yaml)
    expect(mended.plan).toMatch(/restart service\/web {2}exited 137/)
    expect(await answer()).toBe('one')
    await engine.delete(`/containers/${bench.project}-web-1`, { query: { force: true } })
    expect((await bench.up(yaml)).plan).toMatch(/create {2}service\/web/)
    engine.close()
  })

  test('with a command as health check is ready when that succeeds, and degraded when it no longer does (S36)', async () => {
    const yaml = `
services:
  app:
    image: busybox:stable
    command: [sh, -c, 'sleep 0.6; touch /tmp/ok; exec sleep 1000']
    health: { exec: [test, -f, /tmp/ok], every: 300ms, retries: 1, start-period: 5s }
    stop: { grace: 0s }
`
    const { outcome, driver } = await bench.up(yaml)
    expect(failuresOf(outcome)).toBe('')
    const engine = engineOf(driver)
    const container = await inspectContainer(engine, `${bench.project}-app-1`)
    expect(container.State.Health?.Status).toBe('healthy')
    const sink = { stdout: process.stdout, stderr: process.stderr }
    await exec(engine, container.Id, { argv: ['rm', '/tmp/ok'] }, sink)
    await expect
      .poll(async () => (await bench.observe(yaml)).get('service/app')?.health, { timeout: 5000 })
      .toBe('degraded')
  })

  test('makes at most three calls when there is nothing to do', async () => {
    const yaml = web()
    await bench.up(yaml)
    const { driver, engine, stack, facts } = await bench.driver(yaml)
    await engine.apiVersion()
    const calls: string[] = []
    const get = engine.get.bind(engine)
    Object.assign(engine, {
      get: (path: string, ...rest: [never]) => {
        calls.push(path)
        return get(path, ...rest)
      },
    })
    const observed = await driver.observe(AbortSignal.timeout(5000))
    expect(calls.sort()).toEqual(['/containers/json', '/networks', '/volumes'])
    expect(observed.get('service/web')?.health).toBe('ready')
    expect(driver.desired(stack, facts).map(({ id }) => id)).toContain('service/web')
  })

  test('does not touch what somebody else made', async () => {
    const { engine } = await bench.driver(web())
    await engine.post('/containers/create', {
      query: { name: `${bench.project}-web-1` },
      json: { Image: 'busybox:stable', Labels: { 'com.docker.compose.project': bench.project } },
    })
    const { outcome } = await bench.up(web())
    expect(outcome.failures[0]?.error).toMatchObject({
      kind: 'precondition',
      message: `the container ${bench.project}-web-1 belongs to the compose project ${bench.project}`,
      hint: `remove it (docker container rm ${bench.project}-web-1), or give this stack another name or --instance`,
    })
    engine.close()
  })

  test('is put right by the next up when one was killed in the middle (S117)', async () => {
    for (const after of [10, 60, 150, 300, 500]) {
      await bench.up(web())
      const { driver, stack, facts } = await bench.driver(web('', 'two'))
      const observed = await driver.observe(AbortSignal.timeout(5000))
      const [step] = plan({
        desired: driver.desired(stack, facts),
        observed,
      }).steps
      // Never awaited: the connection is cut, as with kill -9, wherever it happens to be.
      if (step && step.op !== 'sync') {
        const run = { signal: new AbortController().signal, emit: () => undefined, progress: () => undefined }
        void driver.apply(step, run).catch(() => undefined)
      }
      await sleep(after)
      cut(driver)
      await sleep(300)
      const { outcome } = await bench.up(web('', 'two'))
      expect(failuresOf(outcome)).toBe('')
      expect(await answer()).toBe('two')
      expect((await bench.up(web('', 'two'))).made.steps).toEqual([])
      expect(await bench.leftovers()).toEqual([`/${bench.project}-web-1`, `${bench.project}_default`])
    }
  })
})

/** Makes every further call of a driver hang, as if its process were gone. */
function cut(driver: object): void {
  const engine = engineOf(driver)
  const never = () => new Promise(() => undefined)
  Object.assign(engine, { get: never, post: never, put: never, delete: never, stream: never, head: never })
}
