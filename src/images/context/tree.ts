import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { mapBounded } from './bounded.ts'
import type { FileAccess } from './file-access.ts'
import type { Ignore } from './ignore.ts'
import { createMatcher } from './ignore.ts'
import type { StatCache } from './stat-cache.ts'

/** What is no source of a program wherever it lies. `!` lines of the folder's own ignore file may bring a path back. */
const neverSource = [
  '**/.git',
  '**/node_modules',
  '**/.venv',
  '**/__pycache__',
  '**/*.log',
  '**/.DS_Store',
  '**/*~',
  '**/*.swp',
  '**/.#*',
]

/** The ignore rules of a folder of sources: its `.dockerignore` lines after what is never source. */
export function ignoreOfSources(dockerignore: string): Ignore {
  const lines = dockerignore.split('\n').map((line) => line.trim())
  return createMatcher([...neverSource, ...lines.filter((line) => line !== '' && !line.startsWith('#'))])
}

export interface Tree {
  /** Absolute. */
  readonly folder: string
  readonly ignore: Ignore
  /** Only paths that this accepts count; relative, with slashes. */
  readonly accepts?: (path: string) => boolean
}

const atOnce = 16

/** One digest over names, executable bits and contents of everything below a folder that is not ignored. Links count by their target. */
export async function digestTree(tree: Tree, files: FileAccess, cache: StatCache): Promise<string> {
  const entries = (await listTree(tree, files)).sort()
  const stats = await files.stat(entries.map((path) => join(tree.folder, path)))
  const lines = await mapBounded([...entries.entries()], atOnce, async ([index, path]) => {
    const stat = stats[index]
    const absolute = join(tree.folder, path)
    if (!stat) return ''
    if (stat.kind === 'link') return `${path} link ${await files.readLink(absolute)}`
    const known = cache.find(absolute, stat)
    const readAt = Date.now()
    const sha256 = known ?? (await files.sha256(absolute))
    if (known === undefined) cache.store(absolute, stat, sha256, readAt)
    return `${path} ${(stat.mode & 0o111) !== 0 ? 'x' : '-'} ${sha256}`
  })
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** Files and links below a folder that are not ignored, relative, with slashes. */
export async function listTree(
  { folder, ignore, accepts = () => true }: Tree,
  files: FileAccess,
): Promise<string[]> {
  const found: string[] = []
  let level = ['']
  while (level.length > 0) {
    const lists = await mapBounded(level, atOnce, async (directory) =>
      (await files.list(join(folder, directory))).map(({ name, kind }) => ({
        kind,
        path: directory === '' ? name : `${directory}/${name}`,
      })),
    )
    level = []
    for (const { path, kind } of lists.flat()) {
      if (kind === 'directory' && !ignore.canSkipDirectory(path)) level.push(path)
      if ((kind === 'file' || kind === 'link') && !ignore.isIgnored(path) && accepts(path)) found.push(path)
    }
  }
  return found
}
