import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { isDockerWanted, sandbox, targets, urlOf, type Sandbox, type Started } from './cli.ts'
import { ask, listens, writePair } from './small-stack.ts'

/** How editors save: a new file that takes the name of the old one. */
function saveAtomically(box: Sandbox, path: string, text: string): void {
  box.write({ [`${path}.new`]: text })
  renameSync(join(box.folder, `${path}.new`), join(box.folder, path))
}

async function devOf(box: Sandbox, on: readonly string[]): Promise<Started> {
  const dev = box.start(['dev', ...on, '--progress', 'json', '--on-exit', 'down'])
  await dev.event('message.reported', ({ text }) => text.startsWith('watching'))
  return dev
}

async function end(dev: Started, box: Sandbox): Promise<void> {
  dev.kill('SIGINT')
  expect((await dev.ended).code, dev.output()).toBe(0)
  expect(box.traces().processes).toEqual([])
}

describe.each(targets)('dev on %s', (target) => {
  const on = ['--profile', target]

  test('an edited config restarts exactly who reads it, however the editor saves', async () => {
    const box = sandbox()
    writePair(box)
    const dev = await devOf(box, on)
    const urls = { reader: await urlOf(box, on, 'reader'), other: await urlOf(box, on, 'other') }
    const { life } = await ask(urls.other)
    const edits: Record<string, () => void> = {
      'in place': () => box.write({ 'settings.txt': 'in place' }),
      'as a new file': () => saveAtomically(box, 'settings.txt', 'as a new file'),
      renamed: () => {
        box.write({ 'draft.txt': 'renamed' })
        renameSync(join(box.folder, 'draft.txt'), join(box.folder, 'settings.txt'))
      },
    }
    for (const [text, edit] of Object.entries(edits)) {
      dev.forget()
      edit()
      await dev.event('step.finished', ({ resource }) => resource === 'service/reader')
      expect((await ask(urls.reader)).settings).toBe(text)
    }
    expect((await ask(urls.other)).life).toBe(life)
    await end(dev, box)
  })

  test('a broken stack file keeps the last good state, and the mend goes live', async () => {
    const box = sandbox()
    writePair(box)
    const dev = await devOf(box, on)
    const url = await urlOf(box, on, 'reader')
    const { life } = await ask(url)
    dev.forget()
    const good = box.read('iamstack.yaml')
    box.write({ 'iamstack.yaml': good.replace('services:', 'servces:') })
    expect((await dev.event('diagnostic.reported')).diagnostic).toMatchObject({
      severity: 'error',
      span: { line: 4 },
    })
    expect((await ask(url)).life).toBe(life)
    box.write({ 'iamstack.yaml': good.replaceAll('GREETING: one', 'GREETING: mended') })
    await dev.event('step.finished', ({ resource }) => resource === 'service/reader')
    expect((await ask(url)).greeting).toBe('mended')
    await end(dev, box)
  })
})

test('dev on process: a burst of 200 files is few restarts, and the last state is the one that runs', async () => {
  const box = sandbox()
  writeSources(box)
  const on = ['--profile', 'process']
  const dev = await devOf(box, on)
  const url = await urlOf(box, on)
  dev.forget()
  for (let file = 1; file <= 200; file += 1)
    box.write({ [`src/part-${String(file)}.mjs`]: `export const part = ${String(file)}\n` })
  box.write({ 'src/word.mjs': "export const word = 'after the burst'\n" })
  await vi.waitFor(async () => expect((await ask(url)).greeting).toBe('after the burst'), { timeout: 20_000 })
  const plan = await box.succeed(['plan', ...on])
  expect(plan.stdout).toContain('Nothing to do')
  dev.kill('SIGINT')
  const { events } = await dev.ended
  const restarts = events.filter((event) => event.type === 'step.started' && event.op === 'restart')
  expect(restarts.length).toBeGreaterThan(0)
  expect(restarts.length).toBeLessThanOrEqual(4)
})

test('dev on process: a program that does not start any more is told, and the mend goes live', async () => {
  const box = sandbox()
  writeSources(box)
  const on = ['--profile', 'process']
  const dev = await devOf(box, on)
  const url = await urlOf(box, on)
  dev.forget()
  box.write({ 'src/word.mjs': 'export const word = \n' })
  const { failure } = await dev.event('step.failed')
  expect(failure.evidence.join('\n')).toContain('SyntaxError')
  dev.forget()
  box.write({ 'src/word.mjs': "export const word = 'mended'\n" })
  await dev.event('step.finished', ({ resource }) => resource === 'service/web')
  expect((await ask(url)).greeting).toBe('mended')
  await end(dev, box)
})

test.runIf(isDockerWanted)(
  'dev on compose: a failing build keeps the old version serving, then the mend goes live',
  async () => {
    const box = sandbox()
    writeSources(box)
    const on = ['--profile', 'compose']
    const dev = await devOf(box, on)
    const url = await urlOf(box, on)
    const before = await ask(url)
    dev.forget()
    box.edit('Dockerfile', 'RUN node --check', 'RUN echo does not build; exit 1 #')
    const { failure } = await dev.event('step.failed', ({ op }) => op === 'build')
    expect(failure.evidence.join('\n')).toContain('does not build')
    expect(await ask(url)).toEqual(before)
    dev.forget()
    box.edit('Dockerfile', 'RUN echo does not build; exit 1 #', 'RUN node --check')
    saveAtomically(box, 'src/word.mjs', "export const word = 'mended'\n")
    await dev.event('step.finished', ({ resource }) => resource === 'service/web')
    await vi.waitFor(async () => expect((await ask(url)).greeting).toBe('mended'), { timeout: 20_000 })
    await end(dev, box)
  },
)

/** A service from sources of its own: an image on compose, the sources themselves on process. */
function writeSources(box: Sandbox): void {
  box.write({
    Dockerfile: `FROM node:20-bookworm-slim
WORKDIR /app
COPY src ./
RUN node --check word.mjs
CMD ["node", "main.mjs"]
`,
    'src/word.mjs': "export const word = 'one'\n",
    'src/main.mjs': `import { createServer } from 'node:http'
import { word } from './word.mjs'
createServer((request, response) => response.end(JSON.stringify({ greeting: word, life: String(process.pid) }))).listen(process.env.PORT)
process.on('SIGTERM', () => process.exit(0))
`,
    'iamstack.yaml': `version: 1
name: ${box.name}
images: { web: . }
services:
  web:
    image: web
    env: { ${listens} }
    ports: { http: 8000 }
    expose: { http: local }
    health: { http: /, port: http, every: 300ms }
    process: { run: node src/main.mjs, inputs: [./src] }
    stop: { grace: 2s }
`,
  })
}
