import { createServer } from 'node:net'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { get, openWorkbench, server, until, writeFiles, type Workbench } from './workbench.ts'

vi.setConfig({ testTimeout: 30_000 })

let bench: Workbench
beforeEach(() => {
  bench = openWorkbench()
})
afterEach(() => bench.close())

const web = `
services:
  web:
    ports: { http: 8000 }
    health: { http: /, port: http, every: 200ms }
    env: { PORT: "\${self.port.http}", GREETING: hello }
    process: { run: node ${server} }
`

describe('a service as a process', () => {
  it('S118, S119: comes up, is as the stack says, goes down and leaves nothing', async () => {
    expect(await bench.planText(web)).toMatchInlineSnapshot(`
      "+ create  service/web  not there yet
      Plan: 1 to create; 0 unchanged."
    `)
    expect((await bench.up(web)).failures).toEqual([])
    expect(await get(await bench.url('web'))).toContain('hello from')
    expect(await bench.planText(web)).toMatchInlineSnapshot(
      `"Nothing to do: 1 resource is as the stack says."`,
    )
    const seen = (await bench.observe()).get('service/web')
    expect(seen).toMatchObject({ health: 'ready', detail: 'running', replicas: { ready: 1, total: 1 } })
    expect((await bench.down()).failures).toEqual([])
    await bench.driver.close()
    expect(bench.leftovers()).toEqual({ processes: [], files: [] })
  })

  it('S53: has the declared environment beside what it inherits, and nothing of ours but the marker', async () => {
    await bench.up(web)
    const env = JSON.parse(await get(`${await bench.url('web')}/env`)) as Record<string, string>
    expect(env).toMatchObject({ GREETING: 'hello', PATH: process.env['PATH'] })
    expect(Object.keys(env).filter((name) => name.startsWith('IAMSTACK_'))).toEqual(['IAMSTACK_PROCESS'])
    expect(env['IAMSTACK_PROCESS']).toMatch(/^[0-9a-f]{12}\/web\/1\/1$/)
  })

  it('keeps its port through down and up, and a second copy gets one of its own', async () => {
    await bench.up(web)
    const first = await bench.url('web')
    await bench.down()
    await bench.up(web)
    expect(await bench.url('web')).toBe(first)
    const other = openWorkbench({ instance: 'two' })
    try {
      expect((await other.up(web)).failures).toEqual([])
      expect(await other.url('web')).not.toBe(first)
    } finally {
      await other.close()
    }
  })

  it('names what changed, and restarts for it', async () => {
    await bench.up(web)
    const before = await get(`${await bench.url('web')}/pid`)
    const changed = web.replace('hello', 'goodbye')
    expect(await bench.planText(changed)).toMatchInlineSnapshot(`
      "~ restart service/web  env changed
      Plan: 1 to restart; 0 unchanged."
    `)
    expect((await bench.up(changed)).failures).toEqual([])
    expect(await get(`${await bench.url('web')}/env`)).toContain('goodbye')
    expect(await get(`${await bench.url('web')}/pid`)).not.toBe(before)
    expect(await bench.planText(web.replace('every: 200ms', 'every: 300ms').replace('hello', 'goodbye')))
      .toMatchInlineSnapshot(`
      "~ update  service/web  health changed
      Plan: 1 to update; 0 unchanged."
    `)
  })

  it('S129: comes back when it is killed, and counts it', async () => {
    await bench.up(web)
    const pid = Number(await get(`${await bench.url('web')}/pid`))
    process.kill(pid, 'SIGKILL')
    await until(async () => {
      const seen = (await bench.observe()).get('service/web')
      return seen?.health === 'ready' && seen.facts?.['restarts'] === 1
    })
    expect(Number(await get(`${await bench.url('web')}/pid`))).not.toBe(pid)
    expect((await bench.observe()).get('service/web')?.detail).toBe('running, restarted 1 time')
  })

  it('names who has the port, before anything is stopped', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const fixed = web.replace('ports:', `expose: { http: "local:${String(port)}" }\n    ports:`)
    const [resource] = await bench.resources(fixed)
    const outcome = await bench.up(fixed)
    const { error } = outcome.failures[0]!
    expect([error.kind, error.message.replace(/by .+ \(/, 'by US ('), error.span, error.hint]).toEqual([
      'deploy',
      `port ${String(port)} is taken by US (process ${String(process.pid)})`,
      resource!.from,
      'end that program, choose another port with `expose`, or let the service listen on ${self.port.NAME} and leave the port open',
    ])
    taken.close()
    await bench.down()
    await bench.driver.close()
    expect(bench.leftovers()).toEqual({ processes: [], files: [] })
  })

  it('S116: a service that ends again and again fails the step in seconds, with its last words', async () => {
    const outcome = await bench.up(`
services:
  broken:
    ports: { http: 8000 }
    health: { http: /, port: http }
    process: { run: "echo about to fail; echo it broke >&2; exit 3" }
`)
    expect(
      outcome.failures.map(({ error }) => [error.kind, error.message, [...error.evidence].sort()]),
    ).toEqual([['deploy', 'service broken exited with code 3, 3 times', ['about to fail', 'it broke']]])
    expect((await bench.observe()).get('service/broken')).toMatchObject({ health: 'failed' })
  })

  it('S116: a program that is not there is named at once', async () => {
    const outcome = await bench.up(`
services:
  broken: { restart: "no", process: { run: [no-such-program, --flag] } }
`)
    expect(outcome.failures.map(({ error }) => error.message)).toEqual([
      'service broken could not be started: no-such-program is not there, or not on PATH',
    ])
  })

  it('a service that never becomes ready times out with its last probe', async () => {
    const outcome = await bench.up(
      web
        .replace('http: /,', 'tcp: http,')
        .replace('{ tcp: http, port: http', '{ tcp: http')
        .replace('ports:', 'update: { timeout: 500ms }\n    ports:')
        .replace('PORT:', 'OTHER:'),
    )
    expect(outcome.failures.map(({ error }) => [error.kind, error.message])).toEqual([
      ['timeout', 'service/web was not ready within 0.5 s: last probe: connection refused'],
    ])
  })

  it('S96: kills what ignores SIGTERM with its descendants, those that left the group included', async () => {
    const stubborn = web
      .replace('GREETING: hello', 'IGNORE_TERM: "1", GRANDCHILD: "1"')
      .replace('ports:', 'stop: { grace: 300ms }\n    ports:')
    expect((await bench.up(stubborn)).failures).toEqual([])
    await until(() => bench.leftovers().processes.length === 3)
    expect((await bench.down()).failures).toEqual([])
    await bench.driver.close()
    expect(bench.leftovers()).toEqual({ processes: [], files: [] })
  })

  it('S96: runs stop.pre first, and lets the program end by itself', async () => {
    const polite = web.replace(
      'ports:',
      `stop: { pre: [sh, -c, "echo before > ${bench.root}/before"] }\n    ports:`,
    )
    await bench.up(polite)
    const following = followed(bench)
    await bench.down()
    expect(readFileSync(join(bench.root, 'before'), 'utf8')).toBe('before\n')
    expect(await following).toContain('ending')
  })

  it('S49, S50: mounts secrets, configs and certificates as files of the owner, and tells where', async () => {
    writeFiles(bench.root, {
      'app.conf': 'listen = ${self.port.http}\npassword = ${secret.db.password}\n',
      'plain.txt': 'plain $X',
    })
    const outcome = await bench.up(`
secrets: { db: { password: { generate: 24 }, root: { generate: 24 } } }
configs: { app: { template: ./app.conf }, plain: { files: ./plain.txt } }
certs: { tls: { names: [localhost] } }
volumes: { data: {} }
services:
  web:
    ports: { http: 8000 }
    mounts:
      /run/secrets/db: { secret: db, keys: [password] }
      /etc/app.conf: { config: app, key: app.conf }
      /etc/plain: { config: plain }
      /etc/tls: { cert: tls }
      /data: { volume: data }
      /tmp/work: { scratch: work }
    health: { http: /, port: http }
    env: { PORT: "\${self.port.http}", CONF: "\${mount./etc/app.conf}", PASSWORD: { secret: db, key: password } }
    process: { run: node ${server} }
`)
    expect(outcome.failures).toEqual([])
    const root = join(bench.state, 'services/web/root')
    const env = JSON.parse(await get(`${await bench.url('web')}/env`)) as Record<string, string>
    const password = readFileSync(join(root, 'run/secrets/db/password'), 'utf8')
    expect(password).toMatch(/^[A-Za-z0-9]{24}$/)
    expect(env).toMatchObject({ CONF: join(root, 'etc/app.conf'), PASSWORD: password })
    expect(readFileSync(join(root, 'etc/app.conf'), 'utf8')).toBe(
      `listen = ${env['PORT']!}\npassword = ${password}\n`,
    )
    const modes = [
      'run/secrets/db/password',
      'etc/app.conf',
      'etc/tls/tls.key',
      'etc/plain/plain.txt',
      'etc/tls/tls.crt',
    ].map((path) => (statSync(join(root, path)).mode & 0o777).toString(8))
    expect(modes).toEqual(['600', '600', '600', '644', '444'])
    for (const name of ['service.json', 'replica-1.json', 'environment-1.json']) {
      const path = join(bench.state, 'services/web', name)
      expect([name, statSync(path).mode & 0o777, readFileSync(path, 'utf8').includes(password)]).toEqual([
        name,
        0o600,
        name.startsWith('env'),
      ])
    }
    await bench.down()
    await bench.driver.close()
    expect(bench.leftovers()).toEqual({ processes: [], files: ['volumes', 'volumes/data'] })
  })

  it('S76: init steps run in order and to their end before the program, and a failing one ends it with its log', async () => {
    const initialised = (second: string): string => `
services:
  web:
    ports: { http: 8000 }
    health: { http: /, port: http }
    mounts: { /shared: { scratch: shared } }
    init:
      - { name: first, process: { run: "echo one > \${mount./shared}/order" } }
      - { name: second, process: { run: "${second}" } }
    env: { PORT: "\${self.port.http}", RELOAD_FILE: "\${mount./shared}/order" }
    process: { run: node ${server} }
`
    expect((await bench.up(initialised('echo two >> ${mount./shared}/order'))).failures).toEqual([])
    expect(await get(await bench.url('web'))).toBe('one\ntwo\n')
    const outcome = await bench.up(initialised('echo no such table; exit 4'))
    expect(outcome.failures.map(({ error }) => [error.message, error.evidence])).toEqual([
      ['service web init second exited with code 4', ['no such table']],
    ])
    expect((await bench.logs({ init: true })).map(({ text }) => text)).toEqual(['no such table'])
  })

  it('a changed file reaches a program that reloads by signal, without a restart', async () => {
    const reloading = (text: string): string => `
configs: { app: { literals: { greeting: "${text}" } } }
services:
  web:
    ports: { http: 8000 }
    health: { http: /, port: http }
    reload: signal:SIGHUP
    mounts: { /etc/app: { config: app } }
    env: { PORT: "\${self.port.http}", RELOAD_FILE: "\${mount./etc/app/greeting}" }
    process: { run: node ${server} }
`
    expect((await bench.up(reloading('good morning'))).failures).toEqual([])
    const pid = await get(`${await bench.url('web')}/pid`)
    expect(await bench.planText(reloading('good night'))).toMatchInlineSnapshot(`
      "~ reload  service/web  config app changed
      Plan: 1 to reload; 0 unchanged."
    `)
    await bench.up(reloading('good night'))
    await until(async () => (await get(await bench.url('web'))) === 'good night')
    expect(await get(`${await bench.url('web')}/pid`)).toBe(pid)
  })

  it('S121: exec runs beside the service, with its environment and its own exit code', async () => {
    await bench.up(web)
    const output: string[] = []
    const sink = new (await import('node:stream')).Writable({
      write(chunk: Buffer, _encoding, done) {
        output.push(chunk.toString())
        done()
      },
    })
    const code = await bench.driver.exec(
      {
        service: 'web',
        command: ['sh', '-c', 'echo $GREETING $MORE; exit 7'],
        replica: undefined,
        workingDir: undefined,
        env: new Map([['MORE', 'more']]),
        tty: false,
        stdin: undefined,
        stdout: sink,
        stderr: sink,
      },
      new AbortController().signal,
    )
    expect([code, output.join('')]).toEqual([7, 'hello more\n'])
  })
})

/** What the service says from now on until nothing follows for a while. */
async function followed(workbench: Workbench): Promise<string[]> {
  const texts: string[] = []
  const controller = new AbortController()
  const stop = setTimeout(() => controller.abort(), 3000)
  const query = { services: ['web'], follow: true, since: undefined, tail: 0, previous: false, init: false }
  for await (const { text } of workbench.driver.logs(query, controller.signal)) {
    texts.push(text)
    if (text === 'ending') controller.abort()
  }
  clearTimeout(stop)
  return texts
}

describe('a service elsewhere', () => {
  it('S101: is only looked at, and what needs it healthy waits until it answers', async () => {
    const stack = `
services:
  db: { external: { host: 127.0.0.1, ports: { sql: 19861 } } }
  web:
    ports: { http: 8000 }
    needs: { db: healthy }
    health: { http: /, port: http, every: 200ms }
    env: { PORT: "\${self.port.http}", DB: "\${service.db.host}:\${service.db.port.sql}" }
    process: { run: node ${server} }
`
    const up = bench.up(stack)
    await until(() =>
      bench.events.some((event) => event.type === 'step.held' && event.resource === 'service/web'),
    )
    expect(bench.leftovers().processes).toEqual([])
    const elsewhere = createServer()
    await new Promise<void>((resolve) => elsewhere.listen(19861, '127.0.0.1', resolve))
    expect((await up).failures).toEqual([])
    expect(await get(`${await bench.url('web')}/env`)).toContain('127.0.0.1:19861')
    expect((await bench.observe()).get('service/db')).toMatchObject({ health: 'ready' })
    expect(await bench.planText(stack)).toContain('Nothing to do')
    elsewhere.close()
    await bench.down()
    await bench.driver.close()
    expect(bench.leftovers()).toEqual({ processes: [], files: [] })
  })
})

describe('needs', () => {
  it('hold a service back until what it needs is healthy, not only started', async () => {
    const outcome = await bench.up(`
services:
  slow:
    ports: { http: 8000 }
    health: { http: /, port: http }
    env: { PORT: "\${self.port.http}", SLOW_START: "400" }
    process: { run: node ${server} }
  quick:
    needs: { slow: healthy }
    process: { run: "echo $(date +%s%3N); sleep 1000" }
`)
    expect(outcome.failures).toEqual([])
    await until(async () => (await bench.logs({ services: ['quick'] })).length === 1)
    const [listening] = (await bench.logs({ services: ['slow'] })).filter(({ text }) =>
      text.startsWith('listening'),
    )
    const [quick] = await bench.logs({ services: ['quick'] })
    expect(Number(quick!.text)).toBeGreaterThanOrEqual(listening!.time - 150)
  })
})
