import { randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { ChannelError } from '../../../src/dev/channel/channel.ts'
import { temporaryFolder } from '../../platform/engine/fake-engine.ts'
import { apply, never, write } from './changes.ts'
import { endsOfThisMachine, opened } from './ends.ts'

// Real processes, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 60_000 })

const ends = await endsOfThisMachine()

describe.each(ends)('$name', (end) => {
  const open = async () => (await opened(end)).channel

  test('a new file, a changed one, and an empty one, each with its mode', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    await writeFile(join(folder, 'old'), 'before')
    const failed = await apply(
      channel,
      write(join(folder, 'new'), 'new\n', 0o755),
      write(join(folder, 'old'), 'after', 0o600),
      write(join(folder, 'empty'), '', 0o444),
      write(join(folder, 'set'), 'x', 0o4711),
    )
    expect(failed).toEqual([])
    expect(await listing(folder)).toEqual([
      'empty 444 ""',
      'new 755 "new\\n"',
      'old 600 "after"',
      'set 4711 "x"',
    ])
  })

  test('folders above are made; folders, links and removals', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    const failed = await apply(
      channel,
      write(join(folder, 'a/b/c.txt'), 'c'),
      { op: 'folder', path: join(folder, 'd/e') },
      { op: 'folder', path: join(folder, 'a/b') },
      { op: 'link', path: join(folder, 'link'), target: '-odd target\nof two lines' },
      { op: 'link', path: join(folder, 'to-folder'), target: 'a' },
      { op: 'remove', path: join(folder, 'never/there') },
      { op: 'remove', path: join(folder, 'a/b/c.txt/below-a-file') },
    )
    expect(failed).toEqual([])
    expect(await readlink(join(folder, 'link'))).toBe('-odd target\nof two lines')
    expect((await stat(join(folder, 'd/e'))).mode & 0o777).toBe(0o755)
    // A link that leads to a folder is replaced, not entered.
    expect(await apply(channel, { op: 'link', path: join(folder, 'to-folder'), target: 'd' })).toEqual([])
    expect(await readlink(join(folder, 'to-folder'))).toBe('d')
    expect(await apply(channel, write(join(folder, 'to-folder'), 'a file'))).toEqual([])
    expect(await readdir(join(folder, 'd'))).toEqual(['e'])
    expect(await apply(channel, { op: 'remove', path: join(folder, 'to-folder') })).toEqual([])
    expect(await apply(channel, { op: 'remove', path: join(folder, 'a') })).toEqual([])
    expect((await readdir(folder)).sort()).toEqual(['d', 'link'])
  })

  test('odd names: spaces, quotes, newlines, backslashes, patterns, bytes that are no UTF-8', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    const everyByte = Buffer.from(
      Array.from({ length: 255 }, (_, index) => index + 1).filter((byte) => byte !== 0x2f),
    )
    const names = [
      ' leading and trailing ',
      `quotes ' " \` $(touch x) \${HOME}`,
      'new\nlines\n\n',
      '\\back\\slash\\n',
      '*?[a-z]~',
      '-rf',
      'Ünïcode 文件 👍',
      ...halves(everyByte),
    ]
    const changes = names.map((name, index) => write(join(folder, name, name), `content ${index}`))
    expect(await apply(channel, ...changes)).toEqual([])
    const found = await Promise.all(
      names.map((name) => {
        const bytes = Buffer.concat([Buffer.from(`${folder}/`), raw(name), Buffer.from('/'), raw(name)])
        return readFile(bytes, 'utf8')
      }),
    )
    expect(found).toEqual(names.map((_, index) => `content ${index}`))
    expect(
      await apply(channel, ...names.map((name) => ({ op: 'remove' as const, path: join(folder, name) }))),
    ).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  test('contents of every kind: zero bytes, many lines, no last newline, at the edges of a frame, 5 MB', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    const contents = [
      Buffer.from([0]),
      Buffer.from('\0a\n\0'),
      Buffer.from('.\n'),
      Buffer.from('\n\n\n'),
      Buffer.from('%s \\n \\0 $x `x`'),
      Buffer.alloc(256, 'a'),
      Buffer.alloc(257, 'b'),
      Buffer.alloc(1024, 'c'),
      Buffer.from('\n'.repeat(16)),
      Buffer.from('line\n'.repeat(300)),
      randomBytes(256 * 1024 - 1),
      randomBytes(256 * 1024),
      randomBytes(256 * 1024 + 1),
      randomBytes(5_000_000),
    ]
    expect(
      await apply(channel, ...contents.map((content, index) => write(join(folder, `${index}`), content))),
    ).toEqual([])
    const found = await Promise.all(contents.map((_, index) => readFile(join(folder, `${index}`))))
    expect(found.map((each, index) => each.equals(contents[index] ?? each))).toEqual(contents.map(() => true))
    expect((await readdir(folder)).length).toBe(contents.length)
  })

  test('a source that comes in odd pieces, or as text', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    const parts = Array.from({ length: 700 }, (_, index) => `${index} `.repeat(200))
    const read = () => Readable.from(parts)
    expect(await apply(channel, { op: 'write', path: join(folder, 'x'), mode: 0o644, read })).toEqual([])
    expect(await readFile(join(folder, 'x'), 'utf8')).toBe(parts.join(''))
  })

  test('batches of two callers follow one another', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    const batch = (content: string) =>
      Array.from({ length: 20 }, (_, index) => write(join(folder, `${index}`), content.repeat(index * 20)))
    const failed = await Promise.all([apply(channel, ...batch('a')), apply(channel, ...batch('b'))])
    expect(failed).toEqual([[], []])
    expect(await readFile(join(folder, '19'), 'utf8')).toBe('b'.repeat(380))
  })

  test('what cannot be is refused by name, and the others of the batch are made', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    await mkdir(join(folder, 'folder'))
    await writeFile(join(folder, 'file'), 'kept')
    const failing = () =>
      new Readable({
        read() {
          this.destroy(new Error('ENOENT: it vanished'))
        },
      })
    const failed = await apply(
      channel,
      write(join(folder, 'folder'), 'x'),
      write(join(folder, 'folder'), Buffer.alloc(600_000)),
      write(join(folder, 'file/below'), 'x'),
      { op: 'folder', path: join(folder, 'file') },
      { op: 'link', path: join(folder, 'folder'), target: 'x' },
      write(join(folder, 'n'.repeat(300)), 'x'),
      write(`/${'long/'.repeat(1000)}x`, 'x'),
      write('relative', 'x'),
      write(`${folder}/../x`, 'x'),
      { op: 'remove', path: '/' },
      { op: 'write', path: join(folder, 'gone'), mode: 0o644, read: failing },
      { op: 'write', path: join(folder, 'half'), mode: 0o644, read: brokenOff },
      write(join(folder, 'well'), 'written'),
    )
    expect(failed.map(({ path, why }) => `${path.replace(folder, '').slice(0, 12)}: ${why}`)).toEqual([
      '/folder: wrong-kind',
      '/folder: wrong-kind',
      '/file/below: wrong-kind',
      '/file: wrong-kind',
      '/folder: wrong-kind',
      '/nnnnnnnnnnn: too-long',
      '/long/long/l: too-long',
      'relative: other',
      '/../x: other',
      '/: other',
      '/gone: unreadable',
      '/half: unreadable',
    ])
    expect(await listing(folder)).toEqual(['file 644 "kept"', 'folder/', 'well 644 "written"'])
  })

  test('an abort between pieces leaves nothing behind, and the channel serves on', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    const controller = new AbortController()
    const read = () =>
      Readable.from(
        (function* () {
          yield Buffer.alloc(600_000)
          controller.abort(new Error('superseded'))
          yield Buffer.alloc(600_000)
        })(),
        { objectMode: false, highWaterMark: 1 },
      )
    const change = { op: 'write', path: join(folder, 'x'), mode: 0o644, read } as const
    await expect(channel.apply([change, write(join(folder, 'y'), 'y')], controller.signal)).rejects.toThrow(
      'superseded',
    )
    expect(await apply(channel, write(join(folder, 'z'), 'z'))).toEqual([])
    expect(await readdir(folder)).toEqual(['z'])
  })

  test('a reader in a loop never sees a part of a file', async () => {
    const [folder, channel] = [await temporaryFolder(), await open()]
    const path = join(folder, 'file')
    const versions = Array.from({ length: 60 }, (_, index) =>
      Buffer.alloc(10 + index * 4000, 65 + (index % 26)),
    )
    await apply(channel, write(path, versions[0] ?? ''))
    const known = new Set(versions.map((version) => version.toString('latin1')))
    const state = { isDone: false, reads: 0, torn: 0 }
    const reading = (async () => {
      while (!state.isDone) {
        const content = await readFile(path, 'latin1').catch(() => 'it was missing')
        state.reads += 1
        if (!known.has(content)) state.torn += 1
      }
    })()
    for (const version of versions) expect(await apply(channel, write(path, version))).toEqual([])
    state.isDone = true
    await reading
    expect(state.torn).toBe(0)
    expect(state.reads).toBeGreaterThan(10)
  })

  test('the other end killed in the middle of a file: ChannelError, nothing torn, and the next run tidies up', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'file')
    const { channel, process } = await opened(end)
    expect(await apply(channel, write(path, 'before'))).toEqual([])
    const read = () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(600_000)
          for (;;) {
            const names = await readdir(folder)
            if (names.length > 1) break
          }
          process.child.kill('SIGKILL')
          yield Buffer.alloc(600_000)
          await channel.closed
          yield Buffer.alloc(600_000)
        })(),
        { objectMode: false, highWaterMark: 1 },
      )
    await expect(channel.apply([{ op: 'write', path, mode: 0o644, read }], never)).rejects.toBeInstanceOf(
      ChannelError,
    )
    await expect(apply(channel, write(path, 'later'))).rejects.toBeInstanceOf(ChannelError)
    expect(await readFile(path, 'utf8')).toBe('before')
    expect(await readdir(folder)).toHaveLength(2)
    const { channel: next } = await opened(end)
    expect(await apply(next, write(join(folder, 'other'), 'x'))).toEqual([])
    expect((await readdir(folder)).sort()).toEqual(['file', 'other'])
  })

  test('our side gone in the middle of a file: nothing torn and nothing left', async () => {
    const folder = await temporaryFolder()
    const { channel, process } = await opened(end)
    const path = join(folder, 'file')
    await apply(channel, write(path, 'before'))
    const read = () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(600_000)
          while ((await readdir(folder)).length === 1);
          channel.close()
          yield Buffer.alloc(600_000)
        })(),
        { objectMode: false, highWaterMark: 1 },
      )
    const ended = new Promise((resolve) => process.child.once('exit', resolve))
    await expect(channel.apply([{ op: 'write', path, mode: 0o644, read }], never)).rejects.toThrow(
      'it was closed',
    )
    expect(await channel.closed).toBe('it was closed')
    await ended
    expect(await listing(folder)).toEqual(['file 644 "before"'])
  })

  test.runIf(process.getuid?.() === 0)(
    "what root writes into the tree of a user stays that user's",
    async () => {
      const [folder, channel] = [await temporaryFolder(), await open()]
      const { chown } = await import('node:fs/promises')
      await mkdir(join(folder, 'app'))
      await chown(join(folder, 'app'), 1000, 1001)
      await writeFile(join(folder, 'app/other'), 'x')
      await chown(join(folder, 'app/other'), 2000, 2001)
      await symlink('other', join(folder, 'app/link'))
      const failed = await apply(
        channel,
        write(join(folder, 'app/new/below/file'), 'x', 0o600),
        write(join(folder, 'app/other'), 'y', 0o640),
        write(join(folder, 'app/link'), 'z'),
        { op: 'link', path: join(folder, 'app/second'), target: 'other' },
        write(join(folder, 'ours'), 'x'),
      )
      expect(failed).toEqual([])
      const owners = await Promise.all(
        ['app/new', 'app/new/below', 'app/new/below/file', 'app/other', 'app/link', 'app/second', 'ours'].map(
          async (name) => {
            const { uid, gid, mode } = await lstat(join(folder, name))
            return `${name} ${uid}:${gid} ${(mode & 0o777).toString(8)}`
          },
        ),
      )
      expect(owners).toMatchInlineSnapshot(`
      [
        "app/new 1000:1001 755",
        "app/new/below 1000:1001 755",
        "app/new/below/file 1000:1001 600",
        "app/other 2000:2001 640",
        "app/link 1000:1001 644",
        "app/second 1000:1001 777",
        "ours 0:0 644",
      ]
    `)
    },
  )

  test.runIf(process.getuid?.() === 0)('another user may not write, and hears why', async () => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    await mkdir(join(folder, 'closed'), { mode: 0o700 })
    await writeFile(join(folder, 'file'), 'kept')
    const { channel } = await opened(end, { uid: 1000 })
    const failed = await apply(
      channel,
      write(join(folder, 'file'), 'x'),
      write(join(folder, 'new/file'), Buffer.alloc(600_000)),
      { op: 'folder', path: join(folder, 'new') },
      { op: 'link', path: join(folder, 'link'), target: 'x' },
      { op: 'remove', path: join(folder, 'file') },
      { op: 'remove', path: join(folder, 'closed/file') },
    )
    expect(failed.map(({ why }) => why)).toEqual(Array.from({ length: 6 }, () => 'permission'))
    expect(failed.every(({ message }) => /permission denied$/i.test(message))).toBe(true)
    expect(await listing(folder)).toEqual(['closed/', 'file 644 "kept"'])
  })
})

test('there are ends to test', () => {
  if (process.platform === 'linux') expect(ends.length).toBeGreaterThan(1)
})

function brokenOff(): Readable {
  return Readable.from(
    (function* () {
      yield Buffer.alloc(600_000)
      throw new Error('EIO: it broke off')
    })(),
    { objectMode: false },
  )
}

/** Names that together hold each of the bytes, as the strings that stand for them. */
function halves(bytes: Buffer): string[] {
  const middle = bytes.length / 2
  return [bytes.subarray(0, middle), bytes.subarray(middle)].map((half) =>
    [...half].map((byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join(''),
  )
}

function raw(name: string): Buffer {
  return Buffer.concat(
    Array.from(name, (character) => {
      const code = character.charCodeAt(0)
      return character.length === 1 && code >= 0xdc80 && code <= 0xdcff
        ? Buffer.of(code - 0xdc00)
        : Buffer.from(character)
    }),
  )
}

async function listing(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const lines = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return `${entry.name}/`
    const { mode } = await stat(path)
    return `${entry.name} ${(mode & 0o7777).toString(8)} ${JSON.stringify(await readFile(path, 'utf8'))}`
  })
  return (await Promise.all(lines)).sort()
}
