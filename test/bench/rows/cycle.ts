import type { Bench } from '../commands.ts'
import { programFile } from '../commands.ts'
import { engineSocket } from '../engine-socket.ts'
import { timed, type Contestant, type Scenario } from '../measure.ts'
import { writeComposeFile, writeStack } from '../stacks.ts'

/** Rows 11 and 14: containers of a local image come up on one network, and go again. */
export async function cycle(bench: Bench, count: 10 | 40): Promise<Scenario> {
  const { folder, name } = bench
  await writeStack({ folder, name, count })
  await writeComposeFile({ folder, name, count })
  const socket = await engineSocket()
  const contestant = (
    who: Contestant['name'],
    what: string,
    command: (words: readonly string[]) => Promise<string>,
    up: readonly string[],
    down: readonly string[],
  ): Contestant => ({
    name: who,
    what,
    round: async () => {
      const cameUp = await timed(() => command(up))
      const went = await timed(() => command(down))
      return count === 40 ? [cameUp, went] : [cameUp]
    },
  })
  return {
    rows: [
      {
        number: `11 of ${count}`,
        action: `up, ${count} containers, image present`,
        targets: { peer: 0.95, floor: 1.15 },
      },
      ...(count === 40 ? [{ number: '14', action: 'down, 40 containers', targets: { peer: 0.9 } }] : []),
    ],
    contestants: [
      contestant(
        'ours',
        'iamstack up; iamstack down',
        (words) => bench.iamstack(words),
        ['up', '--profile', 'compose'],
        ['down', '--profile', 'compose'],
      ),
      contestant(
        'peer',
        'docker compose up -d; docker compose down',
        (words) => bench.run('docker', words),
        ['compose', 'up', '--detach'],
        ['compose', 'down'],
      ),
      contestant(
        'floor',
        'raw create and start, 8 wide; raw rm -f, 4 wide',
        (words) => bench.run(process.execPath, words),
        [programFile('up.mjs'), socket, `${name}-floor`, String(count)],
        [programFile('down.mjs'), socket, `${name}-floor`],
      ),
    ],
  }
}
