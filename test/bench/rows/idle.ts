import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { programFile, type Bench } from '../commands.ts'
import { engineSocket } from '../engine-socket.ts'
import type { Finding, Scenario } from '../measure.ts'
import { usageOf } from '../processes.ts'
import { devSession } from '../savers.ts'

const count = 40
/** Milliseconds that nothing happens; before that what starts may settle. */
const quiet = { settling: 15_000, measured: 60_000 }
const most = { memory: 2.2, processor: 0.005 }

/** Row 19: forty containers run, `dev` follows them and nothing happens. No time, but memory and processor. */
export async function idle(bench: Bench): Promise<Scenario> {
  const folder = join(bench.folder, 'ours')
  await mkdir(folder)
  const socket = await engineSocket()
  const services = Array.from(
    { length: count },
    (_, index) =>
      `  s${index + 1}: { image: "busybox:stable", entrypoint: [/bin/sleep, "36000"], stop: { grace: 0s } }`,
  )
  const dev = devSession(bench, { folder, profile: 'compose', text: `services:\n${services.join('\n')}\n` })
  return {
    rows: [{ number: '19', action: `idle for ${quiet.measured / 1000} s, ${count} services`, targets: {} }],
    contestants: [
      {
        name: 'ours',
        what: 'iamstack dev; raw Node with a stream for each log',
        prepare: async () => {
          await dev.begin()
          const containers = await untilRunning(bench)
          bench.start(process.execPath, [programFile('follow.mjs'), socket, ...containers])
          await sleep(quiet.settling)
        },
        round: () => Promise.resolve([]),
        dispose: dev.end,
      },
    ],
    also: () => compare(bench),
  }
}

async function compare(bench: Bench): Promise<Finding> {
  const state = `IAMSTACK_STATE=${join(bench.folder, 'state')}`
  const usages = () => Promise.all([usageOf(bench.entry[1], state), usageOf('follow.mjs', state)])
  const [before] = await usages()
  await sleep(quiet.measured)
  const [ours, floor] = await usages()
  const processor = ((ours.seconds - before.seconds) * 1000) / quiet.measured
  const memory = ours.bytes / floor.bytes
  return {
    row: '19',
    text: `${megabytes(ours.bytes)} against ${megabytes(floor.bytes)} of raw Node: ${memory.toFixed(2)} (at most ${most.memory}); ${(processor * 100).toFixed(2)} % of a processor (at most ${most.processor * 100} %)`,
    isMet: memory <= most.memory && processor <= most.processor,
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

async function untilRunning(bench: Bench): Promise<string[]> {
  for (let left = 120; left > 0; left--) {
    const containers = await bench.run('docker', ['ps', '--quiet', '--filter', `name=${bench.name}`])
    const ids = containers.split('\n').filter((id) => id !== '')
    if (ids.length >= count) return ids
    await sleep(1000)
  }
  throw new Error(`${count} containers never ran`)
}
