import type { Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'
import { writeComposeFile, writeStack } from '../stacks.ts'

/** Row 5: the plan of a stack of which nothing runs yet. */
export async function plan(bench: Bench, count: 40 | 500): Promise<Scenario> {
  const { folder, name } = bench
  await writeStack({ folder, name, count })
  await writeComposeFile({ folder, name, count })
  return {
    rows: [
      {
        number: `5 of ${count}`,
        action: `plan, ${count} services`,
        targets: { peer: count === 40 ? 0.75 : 0.35 },
      },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'iamstack plan --profile compose',
        round: async () => [await timed(() => bench.iamstack(['plan', '--profile', 'compose']))],
      },
      {
        name: 'peer',
        what: 'docker compose --dry-run up -d',
        round: async () => [
          await timed(() => bench.run('docker', ['compose', '--dry-run', 'up', '--detach'])),
        ],
      },
    ],
  }
}
