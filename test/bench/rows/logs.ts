import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../answers.ts'
import { programFile, type Bench } from '../commands.ts'
import { quantile, type Contestant, type Scenario } from '../measure.ts'
import { kill } from '../sweep.ts'

const linesPerSecond = 10_000
/** Milliseconds. */
const most = { delay: 50, attaching: 2_000, trailing: 5_000 }

/** Row 20: lines of one container, from when they were printed until they are there; each figure is a p99 of one run. */
export async function logs(bench: Bench): Promise<Scenario> {
  const { folder, name } = bench
  const [port = 0] = await freePorts(1)
  await mkdir(join(folder, 'app'))
  await copyFile(programFile('log-source.mjs'), join(folder, 'app', 'log-source.mjs'))
  await writeFile(
    join(folder, 'app', 'Dockerfile'),
    `FROM node:20-bookworm-slim\nCOPY log-source.mjs /\nCMD ["node", "/log-source.mjs", "${linesPerSecond}"]\n`,
  )
  await writeFile(
    join(folder, 'iamstack.yaml'),
    `version: 1
name: ${name}
images: { app: ./app }
services:
  app: { image: app, ports: { http: 8000 }, expose: { http: "local:${port}" }, stop: { grace: 0s } }
`,
  )
  await bench.iamstack(['up', '--profile', 'compose'])
  const container = (await bench.run('docker', ['ps', '--quiet', '--filter', `name=${name}`])).trim()
  const delays: number[] = []
  let lost = 0
  const contestant = (who: 'ours' | 'peer', what: string, command: string, words: string[]): Contestant => ({
    name: who,
    what,
    round: async () => {
      const run = await follow(bench, port, command, words)
      const p99 = quantile(run.delays, 0.99)
      if (who === 'ours') {
        lost += run.lost
        delays.push(p99)
      }
      return [p99]
    },
  })
  const [node, entry] = bench.entry
  return {
    rows: [{ number: '20', action: `logs, ${linesPerSecond} lines a second, p99 of delivery`, targets: {} }],
    contestants: [
      contestant('ours', 'iamstack logs -f', node, [
        entry,
        ...['logs', '--follow', '--tail', '0', '--profile', 'compose', 'app'],
      ]),
      contestant('peer', 'docker logs -f', 'docker', ['logs', '--follow', '--tail', '0', container]),
    ],
    also: () => {
      const median = quantile(delays, 0.5)
      return Promise.resolve({
        row: '20',
        text: `${lost} lines lost (none), p99 ${median.toFixed(1)} ms (at most ${most.delay})`,
        isMet: lost === 0 && median <= most.delay,
      })
    },
  }
}

async function follow(
  bench: Bench,
  port: number,
  command: string,
  words: readonly string[],
): Promise<{ delays: number[]; lost: number }> {
  const child = bench.talk(command, words)
  const seen = new Map<number, number>()
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const now = performance.timeOrigin + performance.now()
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, number, at] = /line (\d+) ([\d.]+)/.exec(line) ?? []
      if (number !== undefined) seen.set(Number(number), now - Number(at))
    }
  })
  await sleep(most.attaching)
  const printed = Number(await (await fetch(`http://127.0.0.1:${port}/`)).text())
  for (const end = Date.now() + most.trailing; seen.size < printed && Date.now() < end;) await sleep(10)
  if (child.pid !== undefined) kill(-child.pid)
  return { delays: [...seen.values()], lost: printed - seen.size }
}
