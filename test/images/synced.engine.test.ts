import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { lutimes, mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { buildImage } from '../../src/images/build.ts'
import type { BuildEvent } from '../../src/images/build-progress.ts'
import {
  buildContext,
  type BuildContext,
  type SyncedContext,
} from '../../src/images/context/build-context.ts'
import { nodeFiles } from '../../src/images/context/file-access.ts'
import { createStatCache } from '../../src/images/context/stat-cache.ts'
import type { ImageIdentity } from '../../src/images/identify.ts'
import type { Engine } from '../../src/platform/engine/engine.ts'
import { EngineError } from '../../src/platform/engine/errors.ts'
import type { SyncedEntry } from '../../src/platform/engine/file-sync-wire.ts'
import { removeImage } from '../../src/platform/engine/images.ts'
import { realEngine } from '../platform/engine/real-engine.ts'
import { valueOf } from './describe.ts'
import { filesOf } from './image-files.ts'
import { identify, workspace } from './workspace.ts'

const { engine, prefix, afterwards } = await realEngine()
const run = promisify(execFile)
let tags = 0

/** Enough that the context is synced, and unlike any other's. */
const ballast = () => randomBytes(600_000)

async function contextFor(root: string, identity?: ImageIdentity): Promise<SyncedContext> {
  const known = identity ?? valueOf(await identify(root))
  const context = await buildContext({
    contextDirectory: root,
    files: known.files,
    dockerfile: { text: known.dockerfileText, inContext: known.dockerfileInContext },
    access: nodeFiles,
    builder: [prefix],
  })
  if (context.kind === 'tar') throw new Error('the context is too small to be synced')
  return context
}

/** The context, and the paths of the files whose content the engine asks for. `onRead` is called before each. */
function observed(context: SyncedContext, onRead: (path: string) => void = () => undefined) {
  const asked: string[] = []
  const folders = new Map(
    [...context.folders].map(([name, folder]) => {
      const read = (entry: SyncedEntry) => {
        if (name === 'context') asked.push(entry.path)
        onRead(entry.path)
        return folder.read(entry)
      }
      return [name, { ...folder, read }] as const
    }),
  )
  return { context: { ...context, folders }, asked }
}

async function build(
  context: BuildContext,
  options: { readonly signal?: AbortSignal; readonly engine?: Engine } = {},
) {
  const tag = `${prefix}:${String((tags += 1))}`
  const events: BuildEvent[] = []
  await buildImage(
    options.engine ?? engine,
    {
      context,
      args: new Map(),
      tags: [tag],
      labels: new Map([['dev.iamstack.test', prefix]]),
      secrets: new Map(),
      ...(options.signal && { signal: options.signal }),
    },
    (event) => events.push(event),
  )
  afterwards(() => removeImage(engine, tag, { force: true }))
  return { tag, events }
}

async function manyFiles(root: string, count: number): Promise<void> {
  await mkdir(join(root, 'src'))
  for (let index = 0; index < count; index++)
    await writeFile(join(root, 'src', `f${String(index)}`), `${prefix} ${String(index)}\n`.repeat(30))
}

describe('S25, S26: the same image by a tar and by a sync', () => {
  test('kinds, modes, owners, times, contents, and names of every sort', async () => {
    const root = await workspace({
      Dockerfile: 'FROM scratch\nCOPY . /app/\n',
      '.dockerignore': '*.md\n!keep.md\nout\n',
      'README.md': 'left out',
      'keep.md': 'kept',
      'out/x': 'left out',
      'run.sh': '#!/bin/sh\n',
      'a.b': '1',
      'a/b': '2',
      'a-b': '3',
      'deep/er/and/deeper': '4',
      'empty/': '',
      none: '',
      link: '-> a/b',
      'deep/dangling': '-> ../../outside',
      'with blank and "quote"': '5',
      'line\nbreak': '6',
      'größe/～/\u{1F600}': '7',
      'back\\slash': '8',
      '-dash': '9',
    })
    await writeFile(join(root, 'ballast'), ballast())
    await writeFile(join(root, 'private'), 'p', { mode: 0o600 })
    await writeFile(join(root, 'plain'), 'q')
    await run('chmod', ['4755', join(root, 'plain')])
    await run('chmod', ['1770', join(root, 'empty')])
    await run('mkfifo', [join(root, 'pipe')])
    const old = new Date('2001-02-03T04:05:06.789Z')
    for (const name of ['a.b', 'plain']) await utimes(join(root, name), old, old)
    await lutimes(join(root, 'link'), old, old)
    const context = await contextFor(root)
    const synced = await filesOf((await build(context)).tag)
    // Otherwise the layer of the one before is taken, whose times are as equal as its contents.
    await rm(join(root, 'none'))
    const whole = await filesOf((await build((await contextFor(root)).whole)).tag)
    const { 'app/none': none, ...rest } = synced
    expect(none).toMatch(/^file 644 0:0 \d+ $/)
    expect(rest).toEqual(whole)
    expect(Object.keys(whole).toSorted()).toMatchInlineSnapshot(`
      [
        "app/",
        "app/-dash",
        "app/.dockerignore",
        "app/Dockerfile",
        "app/a-b",
        "app/a.b",
        "app/a/",
        "app/a/b",
        "app/back\\slash",
        "app/ballast",
        "app/deep/",
        "app/deep/dangling",
        "app/deep/er/",
        "app/deep/er/and/",
        "app/deep/er/and/deeper",
        "app/empty/",
        "app/größe/",
        "app/größe/～/",
        "app/größe/～/😀",
        "app/keep.md",
        "app/line
      break",
        "app/link",
        "app/plain",
        "app/private",
        "app/run.sh",
        "app/with blank and "quote"",
      ]
    `)
    expect([rest['app/a.b'], rest['app/plain'], rest['app/empty/'], rest['app/link']]).toMatchInlineSnapshot(`
      [
        "file 644 0:0 981173106000 1",
        "file 4755 0:0 981173106000 q",
        "directory 1770 0:0 ",
        "symlink 777 0:0 981173106000 a/b",
      ]
    `)
  })

  test('a Dockerfile from elsewhere is built, and is no file of the image', async () => {
    const root = await workspace({ 'app.txt': 'x', Dockerfile: 'FROM nothing\n' })
    const elsewhere = await workspace({ 'Other.Dockerfile': 'FROM scratch\nCOPY . /app/\n' })
    await writeFile(join(root, 'ballast'), ballast())
    const identity = valueOf(await identify(root, join(elsewhere, 'Other.Dockerfile')))
    const { tag } = await build(await contextFor(root, identity))
    expect(Object.keys(await filesOf(tag)).toSorted()).toEqual([
      'app/',
      'app/Dockerfile',
      'app/app.txt',
      'app/ballast',
    ])
  })
})

describe('S125: only what changed is sent', () => {
  test('one file of 2000 edited; one removed', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY src /app\n' })
    await manyFiles(root, 2000)
    const sent = async () => {
      const { context, asked } = observed(await contextFor(root))
      const { tag } = await build(context)
      return { tag, asked }
    }
    expect((await sent()).asked.length).toBe(2000)
    await writeFile(join(root, 'src/f7'), 'edited')
    const edited = await sent()
    expect(edited.asked).toEqual(['src/f7'])
    await rm(join(root, 'src/f8'))
    const removed = await sent()
    expect(removed.asked).toEqual([])
    const files = await filesOf(removed.tag)
    expect([files['app/f7']?.slice(-6), files['app/f8'], Object.keys(files).length]).toEqual([
      'edited',
      undefined,
      2000,
    ])
  })

  test('a new content is sent, whatever size and time its file has', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /app\n', version: '1.0.0' })
    await writeFile(join(root, 'ballast'), ballast())
    // What npm gives to every file that it unpacks.
    const fixed = new Date('1985-10-26T08:15:00Z')
    const builds: string[] = []
    for (const version of ['1.0.0', '1.0.1', '1.0.1', '1.0.0']) {
      await writeFile(join(root, 'version'), version)
      await utimes(join(root, 'version'), fixed, fixed)
      const { context, asked } = observed(await contextFor(root))
      const { tag } = await build(context)
      const file = (await filesOf(tag))['app/version'] ?? ''
      builds.push(`${file.slice(-5)} ${asked.filter((path) => path === 'version').join()}`)
    }
    expect(builds).toEqual(['1.0.0 version', '1.0.1 version', '1.0.1 ', '1.0.0 version'])
  })
})

describe('S27: what is written anew and is the same', () => {
  test('is not sent again where it is large', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /app\n', file: '1' })
    const made = ballast()
    const cache = createStatCache()
    const asked = async (content: Buffer) => {
      await writeFile(join(root, 'made'), content)
      // What changed within the last tick of the file system's clock is not remembered.
      await new Promise((resolve) => setTimeout(resolve, 1100))
      const identity = valueOf(await identify(root, join(root, 'Dockerfile'), cache))
      const seen = observed(await contextFor(root, identity))
      await build(seen.context)
      return seen.asked
    }
    expect(await asked(made)).toContain('made')
    expect(await asked(made)).toEqual([])
    expect(await asked(ballast())).toEqual(['made'])
  })
})

describe('what goes wrong on the way', () => {
  test('a file that changes while it is sent ends the build with its path; the next build has it', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /app\n', edited: 'one' })
    await writeFile(join(root, 'ballast'), ballast())
    const stale = await contextFor(root)
    await writeFile(join(root, 'edited'), 'two')
    await expect(build(stale)).rejects.toThrow('edited changed while it was being sent')
    const { tag } = await build(await contextFor(root))
    expect((await filesOf(tag))['app/edited']).toMatch(/ two$/)
  })

  test('a session that breaks in the middle ends the build; the next one has everything', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /app\n' })
    for (const name of ['a', 'b', 'c']) await writeFile(join(root, name), ballast())
    let connection: Duplex | undefined
    const watched: Engine = {
      ...engine,
      upgrade: async (...given) => (connection = await engine.upgrade(...given)),
    }
    const torn = observed(await contextFor(root), (path) => {
      if (path === 'b') connection?.destroy()
    })
    await expect(build(torn.context, { engine: watched })).rejects.toThrow()
    expect(torn.asked).toContain('b')
    const { tag } = await build(await contextFor(root))
    const files = await filesOf(tag)
    expect(['a', 'b', 'c'].map((name) => files[`app/${name}`]?.replace(/ \d{10,} /, ' '))).toEqual(
      Array(3).fill('file 644 0:0 600000 bytes'),
    )
  })

  test('an abort ends the sending too', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /app\n' })
    await writeFile(join(root, 'big'), randomBytes(30_000_000))
    const controller = new AbortController()
    let pieces = 0
    const ended = vi.fn()
    const known = await contextFor(root)
    const folders = new Map(
      [...known.folders].map(([name, folder]) => {
        async function* read(entry: SyncedEntry): AsyncGenerator<Uint8Array> {
          try {
            for await (const piece of folder.read(entry)) {
              if (entry.path === 'big' && (pieces += 1) === 3) controller.abort(new Error('superseded'))
              yield piece
            }
          } finally {
            ended(entry.path)
          }
        }
        return [name, { ...folder, read }] as const
      }),
    )
    await expect(build({ ...known, folders }, { signal: controller.signal })).rejects.toThrow('superseded')
    await vi.waitFor(() => expect(ended).toHaveBeenCalledWith('big'), { timeout: 20_000 })
    // 30 MB are 458 pieces of 64 kB.
    expect(pieces).toBeLessThan(400)
  })

  test('an engine that opens no sessions gets the whole context, and says so', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /app\n', file: 'x' })
    await writeFile(join(root, 'ballast'), ballast())
    const without: Engine = {
      ...engine,
      upgrade: () => Promise.reject(new EngineError(404, 'page not found', 'POST', '/session')),
    }
    const { context, asked } = observed(await contextFor(root))
    const { tag, events } = await build(context, { engine: without })
    expect(asked).toEqual([])
    expect(Object.keys(await filesOf(tag)).toSorted()).toEqual([
      'app/',
      'app/Dockerfile',
      'app/ballast',
      'app/file',
    ])
    expect(events.flatMap((each) => (each.type === 'build.warned' ? [each.message] : []))).toEqual([
      'the whole context is sent, since the engine opens no build session: page not found',
    ])
  })
})

test('a small context goes as a tar', async () => {
  const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY . /app\n', file: 'x' })
  await expect(contextFor(root)).rejects.toThrow('too small')
})
