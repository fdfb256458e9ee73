import type { Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'

/** Row 1: what a person waits for who mistyped, and a shell that completes. */
export function startUp(bench: Bench): Scenario {
  const node = (): Promise<number> => timed(() => bench.run(process.execPath, ['-e', '0']))
  return {
    rows: ['--help', '--version'].map((flag) => ({
      number: `1 ${flag.slice(2)}`,
      action: `iamstack ${flag}`,
      targets: { peer: 0.75, floor: 1.5 },
    })),
    contestants: [
      {
        name: 'ours',
        what: 'iamstack --help; iamstack --version',
        round: async () => [
          await timed(() => bench.iamstack(['--help'])),
          await timed(() => bench.iamstack(['--version'])),
        ],
      },
      {
        name: 'peer',
        what: 'docker compose --help, for both',
        round: async () => {
          const took = await timed(() => bench.run('docker', ['compose', '--help']))
          return [took, took]
        },
      },
      {
        name: 'floor',
        what: 'node -e 0',
        round: async () => [await node(), await node()],
      },
    ],
  }
}
