import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bundled, markedPids, sessionProgram } from '../../session/start.ts'
import { get, openWorkbench, server, until, type Workbench } from './workbench.ts'

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
    env: { PORT: "\${self.port.http}" }
    process: { run: node ${server} }
`

const killSession = async (): Promise<void> => {
  const pid = bench.sessionPid()
  process.kill(pid, 'SIGKILL')
  await until(() => !isAlive(pid))
}

describe('killing the session', () => {
  it('kills no service, and the next command adopts what runs', async () => {
    await bench.up(web)
    const pid = await get(`${await bench.url('web')}/pid`)
    const session = bench.sessionPid()
    await killSession()
    expect(await get(`${await bench.url('web')}/pid`)).toBe(pid)
    const next = bench.reopen()
    const seen = (await next.observe(new AbortController().signal)).get('service/web')
    expect(seen).toMatchObject({
      health: 'ready',
      detail: 'running',
      facts: { pid: Number(pid), restarts: 0 },
    })
    expect(bench.sessionPid()).not.toBe(session)
    expect(await bench.planText(web)).toMatchInlineSnapshot(
      `"Nothing to do: 1 resource is as the stack says."`,
    )
  })

  it('S129: an adopted process is restarted when it ends, and its unknown exit code is called unknown', async () => {
    await bench.up(web)
    await killSession()
    await bench.observe()
    const pid = Number(await get(`${await bench.url('web')}/pid`))
    process.kill(pid, 'SIGKILL')
    await until(
      async () => (await bench.observe()).get('service/web')?.detail === 'running, restarted 1 time',
    )
    const record = readFileSync(join(bench.state, 'services/web/replica-1.json'), 'utf8')
    const replica = JSON.parse(record) as { lastEnd: { code?: number } }
    expect(replica.lastEnd.code).toBeUndefined()
  })

  it('what ended while no session was there is started again by the next one', async () => {
    await bench.up(web)
    const pid = Number(await get(`${await bench.url('web')}/pid`))
    await killSession()
    process.kill(pid, 'SIGKILL')
    await until(() => !isAlive(pid))
    await bench.observe()
    await until(async () => (await bench.observe()).get('service/web')?.health === 'ready')
    expect(Number(await get(`${await bench.url('web')}/pid`))).not.toBe(pid)
  })

  it('loses no line of 10 000', async () => {
    const program = join(bench.root, 'count.mjs')
    writeFileSync(
      program,
      'let n = 0; const t = setInterval(() => { for (let i = 0; i < 50; i++) console.log(`line ${++n}`); if (n >= 10000) clearInterval(t) }, 5); setInterval(() => {}, 1000)',
    )
    await bench.up(`services: { count: { process: { run: [node, "${program}"] } } }`)
    await killSession()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await bench.observe()
    await killSession()
    await bench.observe()
    await until(async () => (await bench.logs()).length === 10_000, 20_000)
    const lines = await bench.logs()
    expect(lines.map(({ text }) => text)).toEqual(
      Array.from({ length: 10_000 }, (_, index) => `line ${String(index + 1)}`),
    )
    expect(lines.every(({ time }, index) => index === 0 || time >= lines[index - 1]!.time)).toBe(true)
  })

  it('a session of another build is replaced, and services survive', async () => {
    await bench.up(web)
    const pid = await get(`${await bench.url('web')}/pid`)
    const session = bench.sessionPid()
    const newer = bench.reopen('newer')
    const stack = await bench.resources(web)
    await newer.apply(
      {
        id: 'update service/web',
        op: 'update',
        resource: 'service/web',
        cause: 'test',
        after: [],
        destroys: undefined,
        from: undefined,
        wanted: stack[0]!,
      },
      { signal: new AbortController().signal, emit: () => undefined, progress: () => undefined },
    )
    expect(bench.sessionPid()).not.toBe(session)
    expect(await get(`${await bench.url('web')}/pid`)).toBe(pid)
  })

  it('at random moments of up and down: the next run converges and nothing is left', async () => {
    const two = web + web.replace('services:', '').replace('  web:', '  api:')
    let kills = 0
    const killSoon = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 250))
      const pid = bench.sessionPid()
      if (Number.isNaN(pid) || !isAlive(pid)) return
      process.kill(pid, 'SIGKILL')
      kills += 1
    }
    for (let round = 0; round < 20; round += 1) {
      await Promise.all([killSoon(), round % 2 === 0 ? bench.up(two) : bench.down()])
      if (round % 2 === 0) {
        expect((await bench.up(two)).failures).toEqual([])
        expect(markedPids(bench.state).length).toBe(2)
      }
    }
    expect(kills).toBeGreaterThan(5)
    await bench.down()
    await bench.driver.close()
    expect(bench.leftovers()).toEqual({ processes: [], files: [] })
  }, 60_000)
})

describe('killing the command', () => {
  it('S117: at 20 random moments of up and down, the next run converges and nothing foreign is touched', async () => {
    const foreign = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
    })
    const stack = `
volumes: { data: {} }
secrets: { db: { password: { generate: 16 } } }
jobs: { migrate: { process: { run: "sleep 0.05; echo run >> ${bench.root}/runs" }, mounts: { /data: { volume: data } } } }
services:
  web:
    ports: { http: 8000 }
    health: { http: /, port: http, every: 200ms }
    needs: { migrate: completed }
    env: { PORT: "\${self.port.http}", PASSWORD: { secret: db, key: password } }
    process: { run: node ${server} }
  plain: { process: { run: sleep 1000 } }
`
    try {
      for (let round = 0; round < 20; round += 1) {
        const command = commandOn(bench, round % 2 === 0 ? 'up' : 'down', stack)
        const ended = new Promise((resolve) => command.once('exit', resolve))
        await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 700))
        command.kill('SIGKILL')
        await ended
      }
      expect((await bench.up(stack)).failures).toEqual([])
      expect(await get(await bench.url('web'))).toContain('hello')
      expect(await bench.planText(stack)).toContain('Nothing to do')
      expect(isAlive(foreign.pid!)).toBe(true)
      await bench.down('all')
      await bench.driver.close()
      expect(bench.leftovers()).toEqual({ processes: [], files: ['volumes'] })
    } finally {
      foreign.kill('SIGKILL')
    }
  }, 120_000)
})

/** Another process that does `up` or `down` on the workbench's instance. */
function commandOn({ home }: Workbench, what: 'up' | 'down', stack: string): ChildProcess {
  const program = bundled(new URL('fixtures/command.ts', import.meta.url))
  return spawn(process.execPath, [program, what, home, sessionProgram(), stack], { stdio: 'ignore' })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
