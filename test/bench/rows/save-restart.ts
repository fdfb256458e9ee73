import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../answers.ts'
import { carryOver, channelCommand } from '../channel.ts'
import type { Bench } from '../commands.ts'
import { openEngineApi } from '../engine-api.ts'
import type { Scenario } from '../measure.ts'
import { createEdited, type Page } from '../pages.ts'
import { composeWatch, devSession, saver } from '../savers.ts'

/** Row 8: a program is saved, synced and restarted in its container, until the new one answers. */
export async function saveRestart(bench: Bench): Promise<Scenario> {
  const { name } = bench
  const folder = (who: string): string => join(bench.folder, who)
  const page = {
    ours: await writeProgramContext(join(folder('ours'), 'app'), '["node", "server.mjs"]'),
    peer: await writeProgramContext(join(folder('peer'), 'app'), '["node", "server.mjs"]'),
    floor: await writeProgramContext(join(folder('floor'), 'app'), JSON.stringify(['sh', '-c', restarter])),
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
    dev: { sync: infer, restart: process }
`,
  })
  const watch = composeWatch(
    bench,
    folder('peer'),
    peer,
    '{ action: sync+restart, path: ./app/server.mjs, target: /app/server.mjs }',
  )
  const engine = await openEngineApi()
  let letGo: (() => void) | undefined
  return {
    rows: [
      {
        number: '8',
        action: 'save, synced, process restarted, until HTTP',
        targets: { peer: 0.25, floor: 1.5 },
      },
    ],
    contestants: [
      saver({ name: 'ours', what: 'iamstack dev, sync + process', page: page.ours, port: ours, ...dev }),
      saver({
        name: 'peer',
        what: 'docker compose watch, sync+restart',
        page: page.peer,
        port: peer,
        ...watch,
      }),
      saver({
        name: 'floor',
        what: 'fs.watch, a shell in the container, SIGTERM to the child of PID 1',
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
          const stream = await engine.exec(`${name}-floor`, channelCommand('kill "$(cat /tmp/pid)"'))
          letGo = carryOver(page.floor, 'server.mjs', stream, stream)
        },
        end: () => {
          letGo?.()
          engine.close()
          return Promise.resolve()
        },
      }),
    ],
  }
}

/** PID 1 that starts its child again whenever it ends. */
const restarter = 'while :; do node server.mjs & echo $! > /tmp/pid; wait $!; done'

async function writeProgramContext(folder: string, command: string): Promise<Page> {
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM node:20-bookworm-slim\nWORKDIR /app\nCOPY server.mjs ./\nCMD ${command}\n`,
  )
  const program = createEdited(
    join(folder, 'server.mjs'),
    (number) => `answer-${number}-`,
    (number) => `import { createServer } from 'node:http'
process.on('SIGTERM', () => process.exit(0))
createServer((_, response) => response.end('answer-${number}-')).listen(8000)
`,
  )
  await program.save()
  return program
}
