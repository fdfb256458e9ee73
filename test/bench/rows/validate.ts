import type { Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'
import { writeComposeFile, writeStack } from '../stacks.ts'

/** Rows 2 and 3: a stack file of 40 services, and a big one. */
export async function validate(bench: Bench, count: 40 | 500): Promise<Scenario> {
  const { folder, name } = bench
  await writeStack({ folder, name, count })
  await writeComposeFile({ folder, name, count })
  return {
    rows: [
      {
        number: count === 40 ? '2' : '3',
        action: `validate, ${count} services`,
        targets: count === 40 ? { peer: 1, floor: 3 } : { peer: 0.6 },
      },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'iamstack validate --profile compose',
        round: async () => [await timed(() => bench.iamstack(['validate', '--profile', 'compose']))],
      },
      {
        name: 'peer',
        what: 'docker compose config -q',
        round: async () => [await timed(() => bench.run('docker', ['compose', 'config', '-q']))],
      },
      {
        name: 'floor',
        what: 'node -e 0',
        round: async () => [await timed(() => bench.run(process.execPath, ['-e', '0']))],
      },
    ],
  }
}
