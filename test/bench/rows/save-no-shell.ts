import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { watch as watchFolder } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../answers.ts'
import type { Bench } from '../commands.ts'
import { openEngineApi } from '../engine-api.ts'
import type { Scenario } from '../measure.ts'
import { createPage, type Page } from '../pages.ts'
import { composeWatch, devSession, saver } from '../savers.ts'

/** Row 7: as row 6, but the image holds one static program and the page. */
export async function saveNoShell(bench: Bench): Promise<Scenario> {
  const { name } = bench
  const folder = (who: string): string => join(bench.folder, who)
  const page = {
    ours: await writeBareContext(join(folder('ours'), 'app')),
    peer: await writeBareContext(join(folder('peer'), 'app')),
    floor: await writeBareContext(join(folder('floor'), 'app')),
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
    health: { http: /index.html, port: http }
    stop: { grace: 1s }
    dev: { sync: infer, restart: none }
`,
  })
  const watch = composeWatch(
    bench,
    folder('peer'),
    peer,
    '{ action: sync, path: ./app/index.html, target: /www/index.html }',
  )
  const engine = await openEngineApi()
  let letGo: (() => void) | undefined
  let sent = Buffer.alloc(0)
  return {
    rows: [
      { number: '7', action: 'save, synced (no shell), until HTTP', targets: { peer: 0.45, floor: 1.3 } },
    ],
    contestants: [
      saver({ name: 'ours', what: 'iamstack dev, sync', page: page.ours, port: ours, ...dev }),
      saver({ name: 'peer', what: 'docker compose watch, sync', page: page.peer, port: peer, ...watch }),
      saver({
        name: 'floor',
        what: 'fs.watch, one archive PUT',
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
          const watcher = watchFolder(join(folder('floor'), 'app'), () => void put())
          letGo = () => watcher.close()
        },
        end: () => {
          letGo?.()
          engine.close()
          return Promise.resolve()
        },
      }),
    ],
  }

  async function put(): Promise<void> {
    const content = await readFile(page.floor.file)
    // One save is several events.
    if (content.length === 0 || content.equals(sent)) return
    sent = content
    await engine.sendFiles('PUT', `/containers/${name}-floor/archive?path=/www`, { 'index.html': content })
  }
}

/** BusyBox' web server under its own name, which makes it that and nothing else. */
async function writeBareContext(folder: string): Promise<Page> {
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM scratch
COPY --from=busybox:stable /bin/busybox /bin/httpd
COPY index.html /www/
ENTRYPOINT ["/bin/httpd", "-f", "-p", "8000", "-h", "/www"]
`,
  )
  const page = createPage(join(folder, 'index.html'))
  await page.save()
  return page
}
