import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer, freePorts } from '../answers.ts'
import { programFile, type Bench } from '../commands.ts'
import type { Scenario } from '../measure.ts'

/** Milliseconds from listening to the first good answer. */
const delay = 1500

/**
 * Row 15: how long after the start of a program it is known to be ready. The program says itself when it started and from when
 * on it answered well; ours is the time of the event, the floor a loop that probes without a pause worth the name.
 */
export async function readiness(bench: Bench): Promise<Scenario> {
  const { folder, name } = bench
  const program = join(folder, 'app', 'server.mjs')
  await mkdir(join(folder, 'app'))
  await copyFile(programFile('server.mjs'), program)
  const [port = 0, floorPort = 0] = await freePorts(2)
  await writeFile(join(folder, 'iamstack.yaml'), stackText(name, program, port))
  const lags: number[] = []
  return {
    rows: [
      { number: '15', action: 'start of a program until it is known to be ready', targets: { floor: 1.1 } },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'time of the event `resource.changed` to ready in iamstack up --progress json',
        round: async () => {
          const output = await bench.iamstack(['up', '--profile', 'process', '--progress', 'json'])
          const times = timesOf(await answer(port))
          const at = readyAt(output)
          await bench.iamstack(['down', '--profile', 'process'])
          lags.push(at - times.good)
          return [at - times.started]
        },
      },
      {
        name: 'floor',
        what: 'GET every 2 ms until 200',
        round: async () => {
          const child = bench.start(process.execPath, [program, String(floorPort), String(delay)])
          let body = ''
          while (body === '') {
            await sleep(2)
            body = await answer(floorPort)
          }
          const took = Date.now() - timesOf(body).started
          child.kill('SIGKILL')
          return [took]
        },
      },
    ],
    also: () => {
      const sorted = [...lags].sort((one, other) => one - other)
      const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
      return Promise.resolve({
        row: '15',
        text: `lag behind the first good answer ${median.toFixed(0)} ms, at most ${(sorted.at(-1) ?? Number.NaN).toFixed(0)} ms`,
        isMet: true,
      })
    },
  }
}

function stackText(name: string, program: string, port: number): string {
  return `version: 1
name: ${name}
services:
  slow:
    process: { run: ${JSON.stringify(['node', program, '${self.port.http}', String(delay)])}, cwd: app }
    ports: { http: 8000 }
    expose: { http: "local:${port}" }
    health: { http: /, port: http }
`
}

/** Epoch milliseconds; see programs/server.mjs. */
function timesOf(body: string): { started: number; good: number } {
  return JSON.parse(body) as { started: number; good: number }
}

function readyAt(output: string): number {
  for (const line of output.split('\n').filter((each) => each.startsWith('{'))) {
    const event = JSON.parse(line) as { type: string; at: number; resource?: string; health?: string }
    if (event.type === 'resource.changed' && event.resource === 'service/slow' && event.health === 'ready')
      return event.at
  }
  throw new Error(`no event told that service/slow is ready:\n${output}`)
}
