import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../commands.ts'
import { openEngineApi } from '../engine-api.ts'
import { timed, type Scenario } from '../measure.ts'
import { createEdited } from '../pages.ts'

const assets = { count: 10, bytes: 10_000_000 }

const dockerfile = `FROM busybox:stable
COPY assets /assets
COPY source.txt /source.txt
`

/** Row 10: one line of a context of 100 MB changed, built. All of the context is copied, so nobody can leave it out. */
export async function buildContext(bench: Bench): Promise<Scenario> {
  const { name } = bench
  const contexts = {
    ours: await writeContext(join(bench.folder, 'ours', 'app')),
    peer: await writeContext(join(bench.folder, 'peer')),
    floor: await writeContext(join(bench.folder, 'floor')),
  }
  await writeFile(
    join(bench.folder, 'ours', 'iamstack.yaml'),
    `version: 1\nname: ${name}\nimages: { app: ./app }\nservices: { app: { image: app } }\n`,
  )
  const engine = await openEngineApi()
  return {
    rows: [
      { number: '10', action: 'build, one line of 100 MB changed', targets: { peer: 0.85, floor: 1.2 } },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'iamstack build',
        round: async () => {
          await contexts.ours.save()
          const cwd = join(bench.folder, 'ours')
          return [await timed(() => bench.iamstack(['build', '--profile', 'compose'], { cwd }))]
        },
      },
      {
        name: 'peer',
        what: 'docker buildx build',
        round: async () => {
          await contexts.peer.save()
          const words = ['buildx', 'build', '--quiet', '--tag', `${name}-peer`, join(bench.folder, 'peer')]
          return [await timed(() => bench.run('docker', words))]
        },
      },
      {
        name: 'floor',
        what: 'what changed alone, on top of the image before',
        prepare: async () => {
          await bench.run('docker', [
            'build',
            '--quiet',
            '--tag',
            `${name}-floor:base`,
            join(bench.folder, 'floor'),
          ])
        },
        round: async () => {
          await contexts.floor.save()
          return [await timed(buildFloor)]
        },
        dispose: () => {
          engine.close()
          return Promise.resolve()
        },
      },
    ],
  }

  async function buildFloor(): Promise<void> {
    const files = {
      Dockerfile: `FROM ${name}-floor:base\nCOPY source.txt /source.txt\n`,
      'source.txt': await readFile(contexts.floor.file),
    }
    const text = await engine.sendFiles('POST', `/build?version=2&t=${name}-floor:next`, files)
    if (text.includes('"errorDetail"')) throw new Error(text.slice(-2000))
  }
}

async function writeContext(folder: string) {
  await mkdir(join(folder, 'assets'), { recursive: true })
  for (let index = 0; index < assets.count; index++)
    await writeFile(join(folder, 'assets', `asset-${index}`), randomBytes(assets.bytes))
  await writeFile(join(folder, 'Dockerfile'), dockerfile)
  const page = createEdited(
    join(folder, 'source.txt'),
    (number) => `edit-${number}-`,
    (number) => `edit-${number}-\n`,
  )
  await page.save()
  return page
}
