import { execFileSync } from 'node:child_process'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../platform/engine/fake-engine.ts'
import { apply, write } from './changes.ts'
import { endsOfThisMachine, opened } from './ends.ts'

// Real processes, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 60_000 })

const ends = await endsOfThisMachine()

describe.each(ends)('$name', (end) => {
  // The other shells read the same program.
  const count = ['agent', 'sh'].includes(end.name) ? 2000 : 200

  test(`${count} files of one batch`, async () => {
    const folder = await temporaryFolder()
    const { channel } = await opened(end)
    const paths = Array.from({ length: count }, (_, index) => join(folder, `${index % 40}`, `file ${index}`))
    const failed = await apply(channel, ...paths.map((path, index) => write(path, `content of ${index}\n`)))
    expect(failed).toEqual([])
    const found = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
    expect(found).toEqual(paths.map((_, index) => `content of ${index}\n`))
  })

  test.runIf(canMount())('a full disk, and one that is read-only', async () => {
    const folder = await temporaryFolder()
    const [full, closed] = [join(folder, 'full'), join(folder, 'closed')]
    await mount(full, 'size=1m')
    await mount(closed, 'ro')
    const { channel } = await opened(end)
    const failed = await apply(
      channel,
      write(join(full, 'small'), 'fits'),
      write(join(full, 'large'), Buffer.alloc(2_000_000, 'x')),
      write(join(full, 'half'), Buffer.alloc(900_000, 'x')),
      write(join(full, 'other half'), Buffer.alloc(200_000, 'line of it\n')),
      ...Array.from({ length: 100 }, (_, index) => write(join(full, `${index}`), 'a line\n'.repeat(70))),
      write(join(closed, 'x'), 'x'),
      write(join(closed, 'y'), Buffer.alloc(600_000)),
      { op: 'folder', path: join(closed, 'folder') },
      write(join(folder, 'elsewhere'), 'well'),
    )
    const why = new Map(failed.map((failure) => [failure.path.slice(folder.length + 1), failure.why]))
    expect([why.get('full/large'), why.get('full/other half'), why.get('full/99')]).toEqual([
      'no-space',
      'no-space',
      'no-space',
    ])
    expect([why.get('closed/x'), why.get('closed/y'), why.get('closed/folder')]).toEqual([
      'read-only',
      'read-only',
      'read-only',
    ])
    expect([why.get('full/small'), why.get('full/half'), why.get('elsewhere')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    // What is there is whole, and nothing else is there.
    const names = await readdir(full)
    expect(names.filter((name) => why.has(`full/${name}`) || name.startsWith('.'))).toEqual([])
    const sizes = await Promise.all(names.map(async (name) => (await readFile(join(full, name))).length))
    expect(
      [...new Set(sizes)].sort((a, b) => a - b).filter((size) => ![4, 490, 900_000].includes(size)),
    ).toEqual([])
  })
})

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}

async function mount(folder: string, options: string): Promise<void> {
  await mkdir(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'iamstack-test', folder])
  onTestFinished(() => void execFileSync('umount', [folder]))
}
