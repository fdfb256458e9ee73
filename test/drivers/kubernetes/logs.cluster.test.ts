import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLogs } from '../../../src/drivers/kubernetes/logs.ts'
import type { LogLine, LogQuery } from '../../../src/drivers/driver.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { openReachBench, type ReachBench } from './reach-setup.ts'

let bench: ReachBench
beforeEach(async () => {
  bench = await openReachBench(
    `services:
  web: { image: busybox, init: [ { name: prepare, command: [x] } ] }
  db: { image: busybox }`,
  )
})
afterEach(() => bench.close())

const everything: LogQuery = {
  services: [],
  follow: false,
  since: undefined,
  tail: undefined,
  previous: false,
  init: false,
}

function context() {
  const { stack, project, namespace, client } = bench
  return { stack, project, namespace, client: () => Promise.resolve(client) }
}

async function read(query: Partial<LogQuery>): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of readLogs(context(), { ...everything, ...query }, new AbortController().signal))
    lines.push(line)
  return lines
}

const shown = (lines: readonly LogLine[]): string[] =>
  lines.map(({ service, replica, text }) => `${service}#${replica} ${text}`)

const counting = (name: string, pause: string): string[] => [
  'sh',
  '-c',
  `trap 'echo ${name} ends; exit 0' TERM; n=0; while :; do n=$((n+1)); echo ${name} $n; sleep ${pause} & wait $!; done`,
]

describe('logs of a cluster', () => {
  it('S118: are merged by time, init steps and former instances on demand, ends only as wanted', async () => {
    const image = 'busybox:stable'
    await bench.deploy('web', {
      image,
      command: ['sh', '-c', 'echo one; sleep 0.3; echo three; sleep 3600'],
      init: { prepare: ['echo', 'prepared'] },
    })
    await bench.deploy('db', {
      image,
      command: ['sh', '-c', 'echo first; sleep 1; echo last; exit 3'],
      waits: false,
    })
    await bench.until(async () => (await read({ services: ['db'], previous: true })).length === 2)
    expect(shown(await read({ services: ['web'], init: true }))).toEqual([
      'web/prepare#1 prepared',
      'web#1 one',
      'web#1 three',
    ])
    expect(shown(await read({ services: ['web'], tail: 1 }))).toEqual(['web#1 three'])
    expect(shown(await read({ services: ['db'], previous: true }))).toEqual(['db#1 first', 'db#1 last'])
    const all = await read({})
    expect(all.map(({ time }) => time)).toEqual(all.map(({ time }) => time).sort((one, other) => one - other))
    expect(await read({ since: Date.now() + 60_000 })).toEqual([])
  })

  it('S118: are followed over the replacement of pods, no line lost and none twice', async () => {
    await bench.deploy('web', { image: 'busybox:stable', replicas: 2, command: counting('line', '0.05') })
    const lines: (LogLine & { readonly order: number })[] = []
    const stop = new AbortController()
    const reading = (async () => {
      for await (const line of readLogs(context(), { ...everything, follow: true, tail: 5 }, stop.signal))
        lines.push({ ...line, order: lines.length })
    })()
    await bench.until(() => Promise.resolve(lines.length > 50))
    const [pod] = await bench.pods('web')
    await bench.client.remove(kinds.Pod, bench.namespace, pod!.metadata.name)
    await bench.until(() => Promise.resolve(lines.filter(({ text }) => text === 'line 1').length === 1))
    await bench.until(() => Promise.resolve(lines.some(({ text }) => text === 'line ends')))
    const before = lines.length
    await bench.until(() => Promise.resolve(lines.length > before + 50))
    stop.abort()
    await reading
    expect(new Set(lines.map(({ replica }) => replica))).toEqual(new Set([1, 2, 3]))
    for (const replica of [1, 2, 3]) {
      const numbers = lines
        .filter((line) => line.replica === replica && line.text !== 'line ends')
        .map(({ text }) => Number(text.slice('line '.length)))
      const [first = 0] = numbers
      expect(numbers).toEqual(numbers.map((_, index) => first + index))
    }
  })

  it('S118: are followed over restarts of a container', async () => {
    await bench.deploy('db', {
      image: 'busybox:stable',
      command: ['sh', '-c', 'echo begins; for n in 1 2 3; do echo $n; done; sleep 1; echo ends; exit 1'],
      waits: false,
    })
    const lines: string[] = []
    const stop = new AbortController()
    for await (const { text } of readLogs(context(), { ...everything, follow: true }, stop.signal)) {
      lines.push(text)
      if (lines.filter((each) => each === 'ends').length === 2) stop.abort()
    }
    expect(lines).toEqual(['begins', '1', '2', '3', 'ends', 'begins', '1', '2', '3', 'ends'])
  })
})
