import { Agent, request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { selectorOf } from '../../../src/drivers/kubernetes/labels.ts'
import { openForward, type Forward, type ForwardEvent } from '../../../src/forward/forward.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { isReady, openReachBench, type ReachBench } from './reach-setup.ts'

let bench: ReachBench
let forward: Forward
let events: ForwardEvent[]
beforeEach(async () => {
  bench = await openReachBench('services: { web: { image: web, ports: { http: 8000 } } }')
  events = []
  forward = await openForward({
    client: bench.client,
    target: { namespace: bench.namespace, selector: selectorOf(bench.project, 'web'), port: 8000 },
    local: { port: undefined, isFixed: false },
    onEvent: (event) => events.push(event),
  })
})
afterEach(async () => {
  await forward.close()
  await bench.close()
})

/** Answers with its name, and finishes what it has begun when it is told to end. */
const server = `
const server = require('node:http').createServer((q, r) => { q.resume(); q.on('end', () => r.end(require('node:os').hostname())) })
server.keepAliveTimeout = 60000
server.listen(8000)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`
const probe = { httpGet: { path: '/', port: 8000 }, periodSeconds: 1 }

function ask(agent: Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: forward.port, host: '127.0.0.1', agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('end', () => resolve(text))
      response.once('error', reject)
    })
    sent.once('error', reject).end()
  })
}

/** Asks without end until `work` is done, and at least so often; the result is who answered and what failed. */
async function under(
  work: Promise<void>,
  atLeast: number,
  agent: Agent | false,
): Promise<{ asked: number; answered: Set<string>; failed: unknown[]; longest: number }> {
  const failed: unknown[] = []
  const answered = new Set<string>()
  let isDone = false
  let asked = 0
  let longest = 0
  void work.finally(() => {
    isDone = true
  })
  const client = async (): Promise<void> => {
    while (!isDone || asked < atLeast) {
      asked += 1
      const began = performance.now()
      await ask(agent).then(
        (name) => answered.add(name),
        (error: unknown) => failed.push(error),
      )
      longest = Math.max(longest, performance.now() - began)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await Promise.all([client(), client(), client(), client()])
  await work
  return { asked, answered, failed, longest }
}

async function replacePods(times: number, replicas: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    // In turns: kept connections may all be on the one that is named last.
    const ready = (await bench.pods('web')).filter(isReady)
    const pod = ready[count % ready.length]
    await bench.client.remove(kinds.Pod, bench.namespace, pod!.metadata.name, { uid: pod!.metadata.uid! })
    await bench.until(async () => {
      const now = (await bench.pods('web')).filter(isReady)
      return now.length === replicas && now.every(({ metadata }) => metadata.uid !== pod!.metadata.uid)
    })
  }
}

describe('a forward into a cluster', () => {
  it.each([
    ['new connections', false],
    ['kept connections', true],
  ])(
    'S122: not one of 1000 requests fails while one of two pods is deleted ten times (%s)',
    async (_, isKept) => {
      await bench.deploy('web', {
        replicas: 2,
        command: ['node', '-e', server],
        port: 8000,
        readinessProbe: probe,
      })
      const agent = isKept ? new Agent({ keepAlive: true, maxSockets: 4 }) : false
      const seen = await under(replacePods(10, 2), 1000, agent)
      if (agent) agent.destroy()
      expect(seen.failed).toEqual([])
      expect(seen.asked).toBeGreaterThanOrEqual(1000)
      expect(seen.answered.size).toBeGreaterThan(2)
      expect(events.filter(({ type }) => type === 'refused')).toEqual([])
    },
  )

  it('S122: with one replica what comes meanwhile is held and served, and nothing is refused', async () => {
    await bench.deploy('web', { command: ['node', '-e', server], port: 8000, readinessProbe: probe })
    const seen = await under(replacePods(3, 1), 1, false)
    expect(seen.failed).toEqual([])
    expect(seen.answered.size).toBe(4)
    expect(seen.longest).toBeLessThan(5000)
    expect(events.filter(({ type }) => type === 'refused')).toEqual([])
  })

  it('passes megabytes', async () => {
    await bench.deploy('web', {
      command: [
        'node',
        '-e',
        `require('node:http').createServer((q, r) => r.end('x'.repeat(8e6))).listen(8000)`,
      ],
      port: 8000,
    })
    expect((await ask(false)).length).toBe(8e6)
  })

  it('says which pod refuses, and why', async () => {
    await bench.deploy('web', { command: ['sleep', '3600'], port: 8000 })
    await expect(ask(false)).rejects.toThrow()
    expect(events.at(-1)).toMatchObject({ type: 'refused' })
    expect(JSON.stringify(events.at(-1))).toMatch(/port 8000 of pod web-\S+ refuses the connection/)
  })
})
