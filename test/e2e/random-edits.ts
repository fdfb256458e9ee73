import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { extract } from 'tar-stream'
import { expect, vi } from 'vitest'
import type { Op } from '../../src/plan/step.ts'
import { describeRun, sandbox, type Sandbox, type Started } from './cli.ts'
import { kubectl, kubectlBytes } from './clusters.ts'
import { generator, seed } from './interruptions.ts'
import { docker } from './machine.ts'

export type EditTarget = 'compose' | 'docker-desktop' | 'kind'

/** Changes of files in one run: a small number in CI, 10 000 by hand. */
export const edits = Number(process.env['E2E_EDITS'] ?? 300)

/** Files in the tree when it begins. */
const firstFiles = 20
/** How many more than this are not made. */
const mostFiles = 400

const dockerfile = `FROM busybox:stable
WORKDIR /app
COPY files ./files
CMD ["sleep", "100000"]
`

/** Random changes of a tree, and random blows to what runs and to `dev`: in the end the files inside are those of the tree. */
export async function tellRandomEdits(target: EditTarget): Promise<void> {
  const box = sandbox(target)
  const tree = randomTree(join(box.folder, 'files'))
  for (let file = 0; file < firstFiles; file += 1) tree.change('make')
  box.write({
    Dockerfile: dockerfile,
    'iamstack.yaml': `version: 1
name: ${box.name}
images: { app: { context: ., dockerfile: Dockerfile } }
services:
  web:
    image: app
    replicas: 2
    stop: { grace: 0s }
    dev: { restart: none }
`,
    '.dockerignore': 'iamstack.yaml\nDockerfile\n',
  })
  const on = ['--profile', target]
  const start = async (): Promise<Started> => {
    const started = box.start(['dev', ...on, '--progress', 'json'], { patience: 3_600_000 })
    await started.event('message.reported', ({ text }) => text.startsWith('watching'))
    started.forget()
    return started
  }
  let dev = await start()
  const blows = blowsTo(target, box)
  for (let made = 0; made < edits;) {
    const moment = random()
    if (moment < 3 / edits) {
      dev.kill('SIGKILL')
      await dev.ended
      made += tree.burst()
      dev = await start()
    } else if (moment < 8 / edits) {
      await oneOf(blows)?.()
    } else if (moment < 11 / edits) {
      made += tree.burst()
    } else {
      made += tree.change()
      // Some come while the one before is still on its way, and some into a quiet tree.
      await sleep(random() < 0.2 ? random() * 150 : random() * 15)
    }
  }
  const isAllInside = async (): Promise<void> => {
    const places = placesOf(target, box)
    expect(places).toHaveLength(2)
    for (const place of places) expect(await filesIn(target, box, place)).toEqual(tree.files())
  }
  await vi.waitFor(isAllInside, { timeout: 120_000, interval: 1000 })
  await untilQuiet(dev)
  dev.forget()
  // While a container is missing every edit asks for another image, however fast they come. In a quiet tree none does.
  tree.change('edit')
  await vi.waitFor(
    async () => {
      await isAllInside()
      // A step is told after what it did.
      expect(finished(dev)).toContain('sync')
    },
    { timeout: 60_000, interval: 500 },
  )
  await untilQuiet(dev)
  expect(new Set(finished(dev))).toEqual(new Set(['sync']))
  dev.kill('SIGINT')
  expect((await dev.ended).code, dev.output()).toBe(0)
  // Whatever was written into containers is what an image is built of.
  const up = await box.run(['up', ...on])
  expect(up.code, describeRun(['up'], up)).toBe(0)
  for (const place of placesOf(target, box)) expect(await filesIn(target, box, place)).toEqual(tree.files())
  await box.succeed(['down', ...on, '--all', '--yes'])
  expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
}

/** Nothing is told for a second. */
async function untilQuiet(dev: Started): Promise<void> {
  let before = -1
  while (before !== dev.events().length) {
    before = dev.events().length
    await sleep(1000)
  }
}

/** What was carried out since this `dev` was told to forget. */
function finished(dev: Started): Op[] {
  return dev.events().flatMap((event) => (event.type === 'step.finished' ? [event.op] : []))
}

const random = generator(seed)

function oneOf<T>(things: readonly T[]): T | undefined {
  return things[Math.floor(random() * things.length)]
}

/** Names as people and programs make them. */
const names = [
  'a.txt',
  'b c.txt',
  "it's.txt",
  'ü – 字.txt',
  '$HOME.txt',
  'new\nline.txt',
  '-rf',
  'x;y',
  '*.txt',
  '"q"',
]

type Change = 'make' | 'edit' | 'remove' | 'rename' | 'replace' | 'mode' | 'turn'

/** The more often, the likelier. */
const usual: readonly Change[] = [
  'make',
  'make',
  'edit',
  'edit',
  'edit',
  'edit',
  'remove',
  'rename',
  'replace',
  'replace',
  'mode',
  'turn',
]

/** A folder and random things to do to it; each of them says how many changes it was. */
function randomTree(folder: string) {
  let counter = 0
  const paths = (): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile())
          .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
          .sort()
      : []
  const write = (path: string): void => {
    counter += 1
    const size = random() < 0.05 ? 200_000 : Math.floor(random() * 2000)
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), `${String(counter)} ${'x'.repeat(size)}`)
  }
  const fresh = (): string => {
    const depth = Math.floor(random() * 3)
    const folders = Array.from({ length: depth }, () => `d${String(Math.floor(random() * 4))}`)
    counter += 1
    return join(...folders, `${String(counter)} ${oneOf(names) ?? ''}`)
  }
  const change = (wanted: Change = oneOf(usual) ?? 'edit'): number => {
    const path = oneOf(paths())
    const kind = path === undefined || (wanted === 'remove' && paths().length < 5) ? 'make' : wanted
    const at = join(folder, path ?? '')
    switch (kind) {
      case 'make':
        write(paths().length < mostFiles ? fresh() : (path ?? fresh()))
        return 1
      case 'edit':
        write(path ?? fresh())
        return 1
      case 'remove':
        rmSync(at)
        return 1
      case 'rename': {
        const to = join(folder, fresh())
        mkdirSync(dirname(to), { recursive: true })
        renameSync(at, to)
        return 2
      }
      case 'replace': {
        // As editors save: beside it, then in its place.
        const beside = `${at}~`
        writeFileSync(beside, `${String((counter += 1))} replaced`)
        renameSync(beside, at)
        return 1
      }
      case 'mode':
        chmodSync(at, statSync(at).mode ^ 0o111)
        return 1
      case 'turn': {
        // A file where a folder was, or the other way round.
        rmSync(at)
        if (random() < 0.5) write(join(path ?? '', 'inner.txt'))
        return 2
      }
      default:
        return kind satisfies never
    }
  }
  return {
    change,
    /** As a checkout does: many at once, none of them awaited. */
    burst: (): number => Array.from({ length: 40 }, () => change()).reduce((sum, count) => sum + count, 0),
    /** Mode and content of every file, by its path. */
    files: (): Record<string, string> =>
      Object.fromEntries(
        paths().map((path) => {
          const at = join(folder, path)
          return [path, describeFile(statSync(at).mode, readFileSync(at, 'utf8'))]
        }),
      ),
  }
}

const describeFile = (mode: number, text: string): string =>
  `${(mode & 0o777).toString(8)} ${text.slice(0, 40)} ${String(text.length)}`

/** What happens to containers behind the back of `dev`; nothing, while none of them runs. */
function blowsTo(target: EditTarget, box: Sandbox): (() => Promise<void>)[] {
  const engine = engineOfLab()
  const deletion = ['-n', box.project, 'delete', 'pod', '--ignore-not-found', '--wait=false']
  const blows: ((victim: string) => Promise<void> | void)[] =
    target === 'compose'
      ? [
          (victim) => strike('restart', '--time', '0', victim),
          (victim) => strike('kill', victim),
          (victim) => strike('rm', '--force', victim),
          async (victim) => {
            strike('pause', victim)
            await sleep(1000 + random() * 4000)
            strike('unpause', victim)
          },
          ...(engine === undefined ? [] : [() => stop(engine)]),
        ]
      : [
          (victim) => void kubectl(target, ...deletion, victim),
          (victim) => void kubectl(target, ...deletion, '--grace-period=0', '--force', victim),
        ]
  return blows.map((blow) => async () => {
    const victim = oneOf(placesOf(target, box))
    if (victim !== undefined) await blow(victim)
  })
}

/** The engine's process, where it is the lab's: nobody else's is stopped. */
function engineOfLab(): number | undefined {
  const lab = process.env['IAMSTACK_LAB_HOME']
  const file = lab === undefined ? undefined : join(lab, 'run', 'dockerd')
  if (file === undefined || !existsSync(file)) return undefined
  return Number.parseInt(readFileSync(file, 'utf8'), 10)
}

/** As a laptop does that sleeps for a moment. */
async function stop(engine: number): Promise<void> {
  process.kill(engine, 'SIGSTOP')
  try {
    await sleep(1000 + random() * 4000)
  } finally {
    process.kill(engine, 'SIGCONT')
  }
}

/** It may have been replaced a moment before. */
function strike(...words: string[]): void {
  try {
    docker(...words)
  } catch (error) {
    if (!/no such container|is not (running|paused)|already in progress/i.test(String(error))) throw error
  }
}

/** The containers or pods that run. */
function placesOf(target: EditTarget, box: Sandbox): string[] {
  if (target === 'compose') {
    const ours = `label=com.docker.compose.project=${box.project}`
    return lines(docker('ps', '--quiet', '--no-trunc', '--filter', ours, '--filter', 'status=running'))
  }
  const all = kubectl(
    target,
    '-n',
    box.project,
    'get',
    'pods',
    '--field-selector=status.phase=Running',
    '-o',
    'json',
  )
  const { items } = JSON.parse(all) as PodList
  return items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name)
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  }[]
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean)

/** Mode and content of every file of a container, by its path. */
async function filesIn(target: EditTarget, box: Sandbox, place: string): Promise<Record<string, string>> {
  const tar = ['tar', '-C', '/app/files', '-cf', '-', '.']
  const bytes =
    target === 'compose'
      ? execFileSync('docker', ['exec', place, ...tar], {
          stdio: ['ignore', 'pipe', 'pipe'],
          maxBuffer: 1 << 28,
        })
      : kubectlBytes(target, '-n', box.project, 'exec', place, '-c', 'web', '--', ...tar)
  const files: Record<string, string> = {}
  const reading = extract()
  reading.end(bytes)
  for await (const entry of reading) {
    const chunks: Buffer[] = []
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk)
    const { type, name, mode } = entry.header
    if (type === 'file')
      files[name.replace(/^\.\//, '')] = describeFile(mode, Buffer.concat(chunks).toString())
  }
  return files
}
