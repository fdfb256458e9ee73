import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/clusters/cluster.ts'
import { createReach, type Reach } from '../../../src/drivers/kubernetes/reach.ts'
import type { Memory } from '../../../src/memory/memory.ts'
import { runningSession } from '../../../src/session/session-lock.ts'
import { sessionCommand, sweep, temporaryState } from '../../session/start.ts'
import { kubeconfig, openReachBench, type ReachBench } from './reach-setup.ts'

let bench: ReachBench
let state: string
const reaches: Reach[] = []
beforeEach(async () => {
  bench = await openReachBench(
    'services: { web: { image: web, ports: { http: 8000, admin: 9000 }, expose: { http: local } } }',
  )
  state = temporaryState()
  const server = `require('node:http').createServer((q, r) => r.end('hello')).listen(8000)`
  await bench.deploy('web', { command: ['node', '-e', server], port: 8000 })
})
afterEach(async () => {
  for (const reach of reaches.splice(0)) {
    await reach.release()
    await reach.close()
  }
  sweep(state)
  await bench.close()
})

/** What one command has. */
function reach(): Reach {
  const made = createReach(
    {
      stack: bench.stack,
      project: bench.project,
      namespace: bench.namespace,
      client: () => Promise.resolve(bench.client),
      cluster: { abilities: { loadBalancer: 'localhost', nodePorts: 'localhost' }, kubeconfig } as Cluster,
      memory: { folder: state } as Memory,
    },
    { session: { build: 'test', command: sessionCommand(state) } },
  )
  reaches.push(made)
  return made
}

const text = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()
const sticky = new Map([['web.http', 27_451]])

describe('forwards that the session holds', () => {
  it('S122: come back on the same port after the session was killed, with the next command', async () => {
    const [held] = await reach().hold(sticky, () => undefined)
    expect(held).toMatchObject({ name: 'web.http', isListening: true })
    const port = held!.local
    await reaches[0]!.close()
    expect(await text(port)).toBe('hello')
    const before = await runningSession(state)
    process.kill(before!.pid, 'SIGKILL')
    await expect(text(port)).rejects.toThrow()
    expect(await reach().endpoint('web', 'http')).toEqual({ host: '127.0.0.1', port })
    expect(await text(port)).toBe('hello')
    expect((await runningSession(state))?.pid).not.toBe(before?.pid)
  })

  it('keeps no credentials of the cluster, and nothing at all when it has nothing left to hold', async () => {
    await reach().hold(sticky, () => undefined)
    const file = join(state, 'forwards/web.http.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toMatch(/BEGIN|token|key-data|certificate/i)
    const [held] = await reaches[0]!.held()
    expect([held?.name, held?.problem]).toEqual(['web.http', undefined])
    await reaches[0]!.release()
    await reaches[0]!.close()
    expect(await runningSession(state)).toBeUndefined()
    expect(readdirSync(state)).toEqual([])
  })

  it('are told when their wanted port is taken, and keep the other one', async () => {
    const taken = (await import('node:net')).createServer().listen(27_451, '127.0.0.1')
    const told: string[] = []
    try {
      const [held] = await reach().hold(sticky, (line) => told.push(line))
      expect(told).toEqual([`port 27451 is taken: web.http answers on ${held!.local} instead`])
      const [again] = await reach().hold(new Map([['web.http', held!.local]]), () => undefined)
      expect(again?.local).toBe(held?.local)
    } finally {
      taken.close()
    }
  })
})

describe('where a port answers', () => {
  it('is a forward of this command when nothing else is there, until it is closed', async () => {
    const endpoint = await reach().endpoint('web', 'http')
    expect(await text(endpoint!.port)).toBe('hello')
    expect(await reach().standing('web', 'http')).toBeUndefined()
    await reaches[0]!.close()
    await expect(text(endpoint!.port)).rejects.toThrow()
  })

  it('is nowhere for what is not there', async () => {
    expect(await reach().endpoint('web', 'other')).toBeUndefined()
    expect(await reach().endpoint('nobody', 'http')).toBeUndefined()
  })
})
