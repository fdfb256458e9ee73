import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../answers.ts'
import { programFile, type Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'
import { writeProcessStack } from '../stacks.ts'

const count = 40

/** Row 13: forty small servers as local processes, until each answered its health check. */
export async function processes(bench: Bench): Promise<Scenario> {
  const { folder, name } = bench
  // The sweep at the end finds processes by the folder in their arguments.
  const program = join(folder, 'server.mjs')
  await copyFile(programFile('server.mjs'), program)
  await writeProcessStack(folder, name, count, program)
  return {
    rows: [
      {
        number: '13',
        action: `up, ${count} local processes, all ready`,
        targets: { floor: 3, floorPlusStart: true },
      },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'iamstack up --profile process',
        round: async () => {
          const took = await timed(() => bench.iamstack(['up', '--profile', 'process']))
          await bench.iamstack(['down', '--profile', 'process'])
          return [took]
        },
      },
      {
        name: 'floor',
        what: 'one node script: spawn all, probe each every 10 ms',
        round: async () => {
          const ports = (await freePorts(count)).map(String)
          let pids = ''
          const took = await timed(async () => {
            pids = await bench.run(process.execPath, [programFile('spawn-and-probe.mjs'), program, ...ports])
          })
          for (const pid of pids.trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
          return [took]
        },
      },
      {
        name: 'start',
        what: 'iamstack --help',
        round: async () => [await timed(() => bench.iamstack(['--help']))],
      },
    ],
  }
}
