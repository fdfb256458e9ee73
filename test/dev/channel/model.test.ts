import { lstat, readFile, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FileChange } from '../../../src/dev/channel/channel.ts'
import { temporaryFolder } from '../../platform/engine/fake-engine.ts'
import { apply, write } from './changes.ts'
import { endsOfThisMachine, opened } from './ends.ts'

const ends = await endsOfThisMachine()

/** What a folder holds: by name, a file's mode and content, where a link leads, or a folder. */
type Entry = { readonly file: string; readonly mode: number } | { readonly link: string } | Folder
type Folder = Map<string, Entry>

const name = fc.constantFrom('a', 'b c', 'd\ne', `f'"`, 'g')
const path = fc.array(name, { minLength: 1, maxLength: 3 })
const content = fc.oneof(
  fc.string(),
  fc.string({ minLength: 1000, maxLength: 3000 }),
  fc.constant('nul\0nul'),
)
const wish = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      path,
      content,
      mode: fc.constantFrom(0o644, 0o755, 0o400),
    }),
  },
  fc.record({ op: fc.constant('link' as const), path, target: fc.constantFrom('nowhere', 'no where\n') }),
  fc.record({ op: fc.constant('folder' as const), path }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant('remove' as const), path }) },
)
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never

describe.each(ends.filter(({ name }) => ['agent', 'sh', 'busybox', 'sh without dd'].includes(name)))(
  '$name',
  (end) => {
    test('any sequence of changes leaves the folder as a model of it', { timeout: 120_000 }, async () => {
      const { channel } = await opened(end)
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(wish, { maxLength: 6 }), { maxLength: 3 }), async (batches) => {
          const [folder, model] = [await temporaryFolder(), new Map() as Folder]
          for (const batch of batches) {
            const failed = await apply(channel, ...batch.map((each) => changeOf(folder, each)))
            const refused = batch.filter((each) => !carryOut(model, each))
            expect(failed.map((failure) => failure.path)).toEqual(
              refused.map((each) => join(folder, ...each.path)),
            )
          }
          expect(await seen(folder)).toEqual(model)
        }),
        { numRuns: 200, ...(end.name !== 'agent' && { numRuns: 60 }) },
      )
    })
  },
)

function changeOf(folder: string, wish: Wish): FileChange {
  const path = join(folder, ...wish.path)
  switch (wish.op) {
    case 'write':
      return write(path, wish.content, wish.mode)
    case 'link':
      return { op: 'link', path, target: wish.target }
    case 'folder':
    case 'remove':
      return { op: wish.op, path }
    default:
      return wish satisfies never
  }
}

/** Changes the model; false where that is refused. Parents that were made stay. */
function carryOut(model: Folder, wish: Wish): boolean {
  const last = wish.path.at(-1) ?? ''
  if (wish.op === 'remove') {
    const above = lookUp(model, wish.path.slice(0, -1), false)
    above?.delete(last)
    return true
  }
  const isPlaceTaken = lookUp(model, wish.path, false) !== undefined
  if (wish.op === 'folder') return lookUp(model, wish.path, true) !== undefined
  // What is to be replaced is looked at first, so nothing is made for it.
  if (isPlaceTaken) return false
  const above = lookUp(model, wish.path.slice(0, -1), true)
  if (!above) return false
  above.set(last, wish.op === 'write' ? { file: wish.content, mode: wish.mode } : { link: wish.target })
  return true
}

function lookUp(model: Folder, path: readonly string[], isMade: boolean): Folder | undefined {
  let folder = model
  for (const part of path) {
    const entry = folder.get(part) ?? (isMade ? new Map<string, Entry>() : undefined)
    if (!(entry instanceof Map)) return undefined
    folder.set(part, entry)
    folder = entry
  }
  return folder
}

async function seen(folder: string): Promise<Folder> {
  const entries = (await readdir(folder)).map(async (each): Promise<[string, Entry]> => {
    const path = join(folder, each)
    const found = await lstat(path)
    if (found.isDirectory()) return [each, await seen(path)]
    if (found.isSymbolicLink()) return [each, { link: await readlink(path) }]
    return [each, { file: await readFile(path, 'utf8'), mode: found.mode & 0o7777 }]
  })
  return new Map(await Promise.all(entries))
}
