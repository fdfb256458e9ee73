import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { answer, freePorts } from '../answers.ts'
import { carryOver, channelCommand } from '../channel.ts'
import type { Bench } from '../commands.ts'
import { openEngineApi } from '../engine-api.ts'
import { quantile, type Finding, type Scenario } from '../measure.ts'
import { writePageContext } from '../pages.ts'
import { composeWatch, devSession, saver } from '../savers.ts'

/** Row 6: a page is saved, until it is served from a container whose image has a shell. */
export async function saveSync(bench: Bench): Promise<Scenario> {
  const { name } = bench
  const folder = (who: string): string => join(bench.folder, who)
  for (const who of ['ours', 'peer', 'floor']) await mkdir(folder(who))
  const page = {
    ours: await writePageContext(join(folder('ours'), 'app')),
    peer: await writePageContext(join(folder('peer'), 'app')),
    floor: await writePageContext(join(folder('floor'), 'app')),
  }
  const [ours = 0, peer = 0, floor = 0] = await freePorts(3)
  const dev = devSession(bench, {
    folder: folder('ours'),
    profile: 'compose',
    text: `images: { app: ./app }
services:
  app:
    image: app
    ports: { http: 8000 }
    expose: { http: "local:${ours}" }
    health: { http: /, port: http }
    stop: { grace: 1s }
    dev: { sync: infer, restart: none }
`,
  })
  const watch = composeWatch(
    bench,
    folder('peer'),
    peer,
    '{ action: sync, path: ./app/page.txt, target: /app/page.txt }',
  )
  const engine = await openEngineApi()
  const times: number[] = []
  let letGo: (() => void) | undefined
  return {
    rows: [{ number: '6', action: 'save, synced (shell), until HTTP', targets: { peer: 0.08, floor: 3 } }],
    contestants: [
      saver({ name: 'ours', what: 'iamstack dev, sync', page: page.ours, port: ours, times, ...dev }),
      saver({ name: 'peer', what: 'docker compose watch, sync', page: page.peer, port: peer, ...watch }),
      saver({
        name: 'floor',
        what: 'fs.watch, a shell in the container for good, tmp + mv',
        page: page.floor,
        port: floor,
        begin: async () => {
          await bench.run('docker', [
            'build',
            '--quiet',
            '--tag',
            `${name}-floor`,
            join(folder('floor'), 'app'),
          ])
          const container = [
            'run',
            '--detach',
            '--name',
            `${name}-floor`,
            '--publish',
            `127.0.0.1:${floor}:8000`,
          ]
          await bench.run('docker', [...container, `${name}-floor`])
          const stream = await engine.exec(`${name}-floor`, channelCommand())
          letGo = carryOver(page.floor, 'page.txt', stream, stream)
        },
        end: () => {
          letGo?.()
          engine.close()
          return Promise.resolve()
        },
      }),
    ],
    also: () => tornAndTail(times, { ours, peer, floor }),
  }
}

async function tornAndTail(
  times: readonly number[],
  ports: Readonly<Record<'ours' | 'peer' | 'floor', number>>,
): Promise<Finding> {
  const torn = await Promise.all(
    Object.entries(ports).map(async ([who, port]) => {
      const text = await answer(port, '/torn')
      return {
        who,
        ...(text === '' ? { reads: 0, torn: 0 } : (JSON.parse(text) as { reads: number; torn: number })),
      }
    }),
  )
  const [median, p95] = [quantile(times, 0.5), quantile(times, 0.95)]
  const texts = torn.map((one) => `${one.who} ${one.torn} of ${one.reads}`)
  return {
    row: '6',
    text: `p95 ${(p95 / median).toFixed(1)} of the median (at most 2); torn reads: ${texts.join(', ')}`,
    isMet:
      p95 <= 2 * median &&
      torn.every(({ who, torn: count, reads }) => who !== 'ours' || (count === 0 && reads > 0)),
  }
}
