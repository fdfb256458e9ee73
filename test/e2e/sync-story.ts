import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { sandbox, urlOf, type Sandbox, type Started } from './cli.ts'
import { kubectl } from './clusters.ts'
import { docker } from './machine.ts'

export type SyncTarget = 'compose' | 'docker-desktop' | 'kind'

/** Reads one file when it starts and another one at each request. */
const server = `import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { word } from './src/word.mjs'
const life = String(Math.random())
const page = () => { try { return readFileSync('/app/pages/page.txt', 'utf8') } catch { return 'none' } }
createServer((_request, response) => response.end(JSON.stringify({ word, page: page(), life }))).listen(8000)
process.on('SIGTERM', () => process.exit(0))
`

const dockerfile = `FROM node:20-bookworm-slim
WORKDIR /app
COPY server.mjs ./
COPY src ./src
COPY --chown=node:node pages ./pages
CMD ["node", "server.mjs"]
`

interface Answer {
  readonly word: string
  readonly page: string
  readonly life: string
}

/** A service whose files can be written into its container, under `dev`. */
export interface SyncStory {
  readonly box: Sandbox
  readonly on: readonly string[]
  readonly url: string
  dev: Started
  /** Ids of the containers or pods that serve. */
  places(): readonly string[]
  answer(): Promise<Answer>
  /** Comes back when what is served has these values, without anybody's help. */
  serves(wanted: Partial<Answer>): Promise<Answer>
  /** Begins `dev` anew. */
  start(): Promise<Started>
}

export async function openSyncStory(target: SyncTarget): Promise<SyncStory> {
  const box = sandbox(target)
  box.write({
    'server.mjs': server,
    'src/word.mjs': "export const word = 'one'\n",
    'pages/page.txt': 'first',
    Dockerfile: dockerfile,
    'iamstack.yaml': `version: 1
name: ${box.name}
images: { app: { context: . } }
services:
  web:
    image: app
    ports: { http: 8000 }
    health: { http: /, port: http, every: 300ms }
    expose: { http: local }
    stop: { grace: 2s }
    read-only-root: true
    env: { NODE_OPTIONS: "--inspect=0.0.0.0:9229" }
    dev: { debug: 9229 }
`,
    '.dockerignore': 'iamstack.yaml\n',
  })
  const on = ['--profile', target]
  const start = async (): Promise<Started> => {
    const dev = box.start(['dev', ...on, '--progress', 'json', '--no-smoke'])
    await dev.event('message.reported', ({ text }) => text.startsWith('watching'))
    return dev
  }
  const dev = await start()
  const url = await urlOf(box, on)
  const answer = async (): Promise<Answer> => {
    const response = await fetch(url, { headers: { connection: 'close' } })
    return (await response.json()) as Answer
  }
  return {
    box,
    on,
    url,
    dev,
    start,
    answer,
    places: () => placesOf(target, box),
    serves: (wanted) =>
      vi.waitFor(
        async () => {
          const seen = await answer()
          expect(seen).toMatchObject(wanted)
          return seen
        },
        { timeout: 30_000, interval: 50 },
      ),
  }
}

function placesOf(target: SyncTarget, box: Sandbox): readonly string[] {
  if (target === 'compose') {
    const label = `label=com.docker.compose.project=${box.project}`
    return docker('ps', '--quiet', '--no-trunc', '--filter', label).split('\n').filter(Boolean)
  }
  const path = 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}'
  return kubectl(target, '--namespace', box.project, 'get', 'pods', '--output', path)
    .split('\n')
    .filter(Boolean)
}

/** Ops of the steps that a run of `dev` has begun since it was told to forget. */
export function stepsSince(dev: Started): string[] {
  return dev
    .events()
    .flatMap((event) => (event.type === 'step.started' ? [`${event.op} ${event.resource}`] : []))
}

/** The files of a container end as the tree is, whatever happens to either, and no image is built for it (S26, S44, S124–S126). */
export async function tellSyncStory(target: SyncTarget): Promise<void> {
  const story = await openSyncStory(target)
  const { box, on } = story
  const places = story.places()
  const { life } = await story.answer()

  // A debugger has its way in, from the first moment on.
  const inspector = await story.dev.event('url.opened', ({ port }) => port === 'debug')
  await vi.waitFor(async () => {
    const [, at = ''] = /:(\d+)/.exec(inspector.url) ?? []
    const answer = await fetch(`http://127.0.0.1:${at}/json/version`)
    expect(await answer.json()).toMatchObject({ Browser: expect.stringContaining('node.js') as unknown })
  })

  // A page is live, and the program that read the other file at its start is a new one, in the same container.
  story.dev.forget()
  box.write({ 'pages/page.txt': 'second' })
  await story.serves({ page: 'second', word: 'one' })
  // The page is there before the program is a new one.
  await vi.waitFor(async () => expect((await story.answer()).life).not.toBe(life), { timeout: 30_000 })
  box.write({ 'src/word.mjs': "export const word = 'two'\n" })
  await story.serves({ word: 'two', page: 'second' })
  expect(story.places()).toEqual(places)
  expect(new Set(stepsSince(story.dev))).toEqual(new Set(['sync service/web']))

  // What is taken away here is gone there, and comes back.
  rmSync(join(box.folder, 'pages/page.txt'))
  await story.serves({ page: 'none' })
  box.write({ 'pages/page.txt': 'third' })
  await story.serves({ page: 'third' })

  // S26: whoever comes in the place of a container has what was written into it.
  loseContainer(target, box)
  await story.serves({ word: 'two', page: 'third' })

  // Killed, edited while nobody looked, started again: nothing is lost, and nothing built.
  story.dev.kill('SIGKILL')
  await story.dev.ended
  box.write({ 'pages/page.txt': 'fourth' })
  story.dev = await story.start()
  await story.serves({ word: 'two', page: 'fourth' })

  // A program that does not start any more is told, and the mend goes live.
  story.dev.forget()
  box.write({ 'src/word.mjs': 'export const word = \n' })
  await story.dev.event('step.failed')
  box.write({ 'src/word.mjs': "export const word = 'mended'\n" })
  await story.serves({ word: 'mended', page: 'fourth' })

  // What only a build can bring is built, with all that was written in before.
  story.dev.forget()
  box.edit('Dockerfile', 'CMD', 'ENV BUILT=anew\nCMD')
  await story.dev.event('step.finished', ({ step }) => step === 'build image/app')
  await story.serves({ word: 'mended', page: 'fourth' })

  story.dev.kill('SIGINT')
  expect((await story.dev.ended).code, story.dev.output()).toBe(0)

  // A plain up makes what the stack says: the image, without us in front of its program. And then nothing.
  expect((await box.succeed(['up', ...on])).stderr).toMatch(/replace|update/)
  await story.serves({ word: 'mended', page: 'fourth' })
  expect((await box.succeed(['plan', ...on])).stdout).toContain('Nothing to do')
  await box.succeed(['down', ...on, '--all', '--yes'])
  expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
}

function loseContainer(target: SyncTarget, box: Sandbox): void {
  const [place = ''] = placesOf(target, box)
  if (target === 'compose') docker('restart', '--time', '1', place)
  else kubectl(target, '--namespace', box.project, 'delete', 'pod', place, '--wait=false')
}
