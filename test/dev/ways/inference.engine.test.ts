import { spawn } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import type { SyncWay } from '../../../src/dev/ways/way.ts'
import { workspace, write, type Tree } from '../../images/workspace.ts'
import { identityIn, wayIn } from './ways.ts'

/** How many Dockerfiles are made up; each is built up to three times. */
const runs = Number(process.env['IAMSTACK_WAYS_RUNS'] ?? 30)

const tree: Tree = {
  'a/x.txt': 'a/x.txt',
  'a/y.json': 'a/y.json',
  'a/sub/z.txt': 'a/sub/z.txt',
  'b/x.txt': 'b/x.txt',
  'b/tool': '#!/bin/sh\nb/tool',
  'top.txt': 'top.txt',
  plain: 'plain',
  link: '-> a/x.txt',
  folder: '-> b',
  '.dockerignore': 'Dockerfile\n.dockerignore\n**/*.skip\n',
  'a/left.skip': 'left out',
}
const edited = ['a/x.txt', 'a/y.json', 'a/sub/z.txt', 'b/x.txt', 'b/tool', 'top.txt', 'plain']
const added = ['a/new.txt', 'a/sub/new.json', 'b/new', 'new.txt', 'a/new.skip']

const source = fc.constantFrom(
  ...[
    '.',
    'a',
    'b',
    'a/',
    'a/sub',
    'a/x.txt',
    'b/x.txt',
    'top.txt',
    'plain',
    'b/tool',
    '*.txt',
    'a/*',
    '*/x.txt',
  ],
  ...['link', 'folder', 'folder/x.txt'],
)
const destination = fc.constantFrom(
  ...[
    '/w',
    '/w/',
    './',
    '.',
    '/d',
    '/d/',
    '/d/x.txt',
    '/w/a',
    '/w/a/',
    'sub/',
    '/plain',
    '/d/renamed.txt',
    '/w/sub/z.txt',
  ],
)
const flags = fc.constantFrom('', '', '', '--chmod=640 ', '--chown=7:8 ', '--link ', '--exclude=*.json ')
const inner = fc.constantFrom('/', '/w', '/d', '/w/a', '/w/x.txt', '/d/x.txt', '/plain', '/w/sub', '/made')

const copy = fc.tuple(flags, source, destination).map(([flag, from, to]) => `COPY ${flag}${from} ${to}`)
const add = fc.tuple(source, destination).map(([from, to]) => `ADD ${from} ${to}`)
const workdir = fc.constantFrom('/w', '/d', 'sub').map((path) => `WORKDIR ${path}`)
const run = fc
  .constantFrom(
    ...['mkdir -p /w/a', 'mkdir -p /d/x.txt /plain', 'touch /w/x.txt', 'cp -r /w /d || true', 'rm -rf /w/a'],
    ...['echo base > /w/plain', 'find /w -type f | xargs cat > /made', 'true'],
  )
  .map((command) => `RUN ${command}`)
const mountRun = fc
  .constantFrom('a', 'b', '.')
  .map((from) => `RUN --mount=type=bind,source=${from},target=/m find /m -type f | sort | xargs cat > /made`)
const heredoc = fc.constantFrom('/w/top.txt', '/d/').map((to) => `COPY <<x.txt ${to}\nwritten\nx.txt`)

function carried(stage: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(stage - 1), flags, inner, destination)
    .map(
      ([from, flag, path, to]) =>
        `COPY --from=${from} ${flag.startsWith('--exclude') ? '' : flag}${path} ${to}`,
    )
}

function stageOf(index: number): fc.Arbitrary<string> {
  const bases = ['scratch', 'busybox:stable', ...Array.from({ length: index }, (_, at) => `s${at}`)]
  const step = fc.oneof(
    { arbitrary: copy, weight: 8 },
    { arbitrary: workdir, weight: 2 },
    { arbitrary: add, weight: 1 },
    { arbitrary: heredoc, weight: 1 },
    { arbitrary: run, weight: 1 },
    { arbitrary: mountRun, weight: 1 },
    ...(index > 0 ? [{ arbitrary: carried(index), weight: 5 }] : []),
  )
  return fc
    .tuple(fc.constantFrom(...bases), fc.array(step, { minLength: 1, maxLength: 4 }))
    .map(([base, steps]) => [`FROM ${base} AS s${index}`, 'WORKDIR /w', ...steps].join('\n'))
}

const dockerfile = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => stageOf(index))))
  .map((stages) => `${stages.join('\n')}\n`)

interface Entry {
  readonly kind: string
  readonly mode: number
  readonly owner: string
  readonly content: string
}

/** What the build makes, without an image in between; undefined where it fails. */
async function built(root: string): Promise<ReadonlyMap<string, Entry> | undefined> {
  const docker = spawn('docker', ['build', '--quiet', '--output', 'type=tar,dest=-', root], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const files = new Map<string, Entry>()
  const reader = extract()
  const [, archive] = await Promise.all([text(docker.stderr), buffer(docker.stdout)])
  if (archive.length === 0) return undefined
  reader.end(archive)
  for await (const entry of reader) {
    const { name, type, mode, linkname, uid, gid } = entry.header
    const content = (await buffer(entry)).toString()
    files.set(`/${name.replace(/^\.?\/|\/$/g, '')}`, {
      kind: type,
      mode: mode & 0o7777,
      owner: `${uid}:${gid}`,
      content: type === 'symlink' ? linkname : content,
    })
  }
  return files
}

function differences(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path)))
    .sort()
}

/** Folders around a file come and go with it; an empty one that stays is no difference that a program sees. */
function withoutFoldersOf(places: Iterable<string>, changed: readonly string[]): string[] {
  const around = [...places].map((place) => `${place}/`)
  return changed.filter(
    (path) => !around.some((place) => place.startsWith(`${path}/`) && place !== `${path}/`),
  )
}

const tally = { built: 0, synced: 0, removed: 0 }

/** Builds, makes every edit that is said to be synced, builds again, removes those whose removal is, and builds once more. */
async function prove(text: string): Promise<void> {
  const root = await workspace({ ...tree, Dockerfile: text })
  const before = await built(root)
  if (!before) return
  tally.built += 1
  // The files are looked at as they are after the edits, as the loop does; those that ask for a build are taken back.
  for (const path of [...edited, ...added]) await change(root, path)
  const way = await wayIn(root, await identityIn(root))
  const written = new Map<string, SyncWay>()
  for (const path of [...edited, ...added]) {
    const found = way(path)
    if (found.cost === 'sync') written.set(path, found)
    else await takeBack(root, path)
  }
  const after = await built(root)
  if (!after) throw new Error('a build failed after an edit of contents')
  const expected = new Map(
    [...written].flatMap(([path, { destinations, mode, owner = '0:0' }]) =>
      destinations.map((place): [string, Entry] => [
        place,
        {
          kind: 'file',
          mode: mode === undefined ? (path === 'b/tool' ? 0o755 : 0o644) : parseInt(mode, 8),
          owner,
          content: `edited ${path}`,
        },
      ]),
    ),
  )
  const changed = withoutFoldersOf(expected.keys(), differences(before, after))
  expect(changed, text).toEqual([...expected.keys()].sort())
  expect(Object.fromEntries(changed.map((path) => [path, after.get(path)])), text).toEqual(
    Object.fromEntries(expected),
  )
  tally.synced += written.size
  await proveRemoval(root, text, after)
}

async function proveRemoval(root: string, text: string, before: ReadonlyMap<string, Entry>): Promise<void> {
  const way = await wayIn(root, await identityIn(root))
  const gone = edited.flatMap((path): string[][] => {
    const found = way(path, 'remove')
    return found.cost === 'sync' ? [[path, ...found.destinations]] : []
  })
  if (gone.length === 0) return
  for (const [path = ''] of gone) await rm(join(root, path))
  const after = await built(root)
  if (!after) throw new Error(`a build failed after a removal: ${text}`)
  const places = gone.flatMap(([, ...all]) => all)
  const changed = withoutFoldersOf(places, differences(before, after))
  expect(changed, `removal\n${text}`).toEqual(places.sort())
  tally.removed += gone.length
}

async function takeBack(root: string, path: string): Promise<void> {
  if (added.includes(path)) await rm(join(root, path))
  else await write(root, { [path]: tree[path] ?? '' })
}

async function change(root: string, path: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), `edited ${path}`)
  await chmod(join(root, path), path === 'b/tool' ? 0o755 : 0o644)
}

/** What this test has found before. */
const found = [
  'FROM scratch\nWORKDIR /d\nCOPY --chmod=640 */x.txt /d/\n',
  'FROM scratch AS s0\nADD a/* /w/\nFROM busybox:stable\nWORKDIR /w\nCOPY --from=0 --chown=7:8 /w/x.txt sub/\n',
  'FROM busybox:stable\nWORKDIR /w\nADD *.txt /w\nCOPY a/ .\nCOPY a /d/x.txt\n',
  'FROM scratch\nWORKDIR /w\nCOPY link /d/renamed.txt\n',
  'FROM busybox:stable\nCOPY *.txt /d/x.txt\n',
]

test(
  'a build after an edit differs from the build before in exactly the places that the file is copied to',
  { timeout: 60_000 + runs * 12_000 },
  async () => {
    await fc.assert(fc.asyncProperty(dockerfile, prove), {
      numRuns: runs,
      endOnFailure: true,
      examples: found.map((text): [string] => [text]),
    })
    expect(tally.built, JSON.stringify(tally)).toBeGreaterThan(runs / 4)
    expect(tally.synced, JSON.stringify(tally)).toBeGreaterThan(runs / 4)
  },
)
