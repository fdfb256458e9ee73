import { watch as watchFolder } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../answers.ts'
import type { Bench } from '../commands.ts'
import { openEngineApi, type EngineApi } from '../engine-api.ts'
import type { Scenario } from '../measure.ts'
import { createEdited, type Page } from '../pages.ts'
import { composeWatch, devSession, saver } from '../savers.ts'

/** Row 9: a source is saved that a stage compiles, so the image has to be built, until the new container answers. */
export async function saveRebuild(bench: Bench): Promise<Scenario> {
  const { name } = bench
  const folder = (who: string): string => join(bench.folder, who)
  const page = {
    ours: await writeCompiledContext(join(folder('ours'), 'app')),
    peer: await writeCompiledContext(join(folder('peer'), 'app')),
    floor: await writeCompiledContext(join(folder('floor'), 'app')),
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
`,
  })
  const watch = composeWatch(bench, folder('peer'), peer, '{ action: rebuild, path: ./app }')
  const engine = await openEngineApi()
  const replace = replacer(engine, name, floor)
  let letGo: (() => void) | undefined
  return {
    rows: [{ number: '9', action: 'save, rebuilt, until HTTP', targets: { peer: 0.55, floor: 1.2 } }],
    contestants: [
      saver({ name: 'ours', what: 'iamstack dev, rebuild', page: page.ours, port: ours, ...dev }),
      saver({ name: 'peer', what: 'docker compose watch, rebuild', page: page.peer, port: peer, ...watch }),
      saver({
        name: 'floor',
        what: 'fs.watch, BuildKit through the API, create; kill, start',
        page: page.floor,
        port: floor,
        begin: async () => {
          await replace(await filesOf(page.floor))
          let under: Promise<void> = Promise.resolve()
          let built = ''
          const watcher = watchFolder(join(folder('floor'), 'app'), () => {
            under = under.then(async () => {
              const files = await filesOf(page.floor)
              if (files['source.txt'] === '' || files['source.txt'] === built) return
              built = files['source.txt'] ?? ''
              await replace(files)
            })
          })
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
}

type Files = Readonly<Record<string, string>>

async function filesOf(page: Page): Promise<Files> {
  return { Dockerfile: dockerfile, 'source.txt': await readFile(page.file, 'utf8') }
}

/** Builds, and puts a container of the new image in the place of the old one, which serves until the new one is created. */
function replacer(engine: EngineApi, name: string, port: number): (files: Files) => Promise<void> {
  let old: string | undefined
  let number = 0
  return async (files) => {
    const built = await engine.sendFiles('POST', `/build?version=2&t=${name}-floor:latest`, files)
    if (built.includes('"errorDetail"')) throw new Error(built.slice(-2000))
    const { Id } = (await engine.call('POST', `/containers/create?name=${name}-floor-${(number += 1)}`, {
      Image: `${name}-floor:latest`,
      ExposedPorts: { '8000/tcp': {} },
      HostConfig: { PortBindings: { '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
    })) as { Id: string }
    if (old !== undefined) await engine.call('POST', `/containers/${old}/kill`)
    await engine.call('POST', `/containers/${Id}/start`)
    if (old !== undefined) await engine.call('DELETE', `/containers/${old}?force=1`)
    old = Id
  }
}

const dockerfile = `FROM busybox:stable AS build
WORKDIR /src
COPY source.txt ./
RUN mkdir /out && tr a-z A-Z < source.txt > /out/index.html
FROM busybox:stable
COPY --from=build /out /www
CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]
`

async function writeCompiledContext(folder: string): Promise<Page> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'Dockerfile'), dockerfile)
  const page = createEdited(
    join(folder, 'source.txt'),
    (number) => `EDIT-${number}-`,
    (number) => `edit-${number}-\n`,
  )
  await page.save()
  return page
}
