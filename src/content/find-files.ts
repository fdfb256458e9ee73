import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { codeOf, isMissing } from '../memory/atomic-file.ts'

/** A file that a pattern names, with the path it gets in a mount. */
export interface FoundFile {
  /** Absolute. */
  readonly file: string
  /** With slashes: a file's own name, below a folder the rest of the way, of a glob what follows its fixed part. */
  readonly path: string
}

/**
 * The files behind a path or glob, sorted. A folder stands for everything in it, names with a leading dot and sub-folders
 * included; in a glob, `*` and `?` mean no slash and no leading dot, `**` any folders, and `[ ]` and `{ }` themselves. Links are
 * followed. None where nothing is there; throws the error of the file system where something cannot be read.
 */
export async function findFiles(pattern: string): Promise<FoundFile[]> {
  const found = hasWildcard(pattern) ? await filesOfGlob(pattern) : await filesAt(pattern)
  return found.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
}

function hasWildcard(text: string): boolean {
  return /[*?]/.test(text)
}

async function filesAt(path: string): Promise<FoundFile[]> {
  const kind = await kindOf(path)
  if (kind === 'folder') return filesBelow(path)
  return kind === 'file' ? [{ file: path, path: basename(path) }] : []
}

async function filesOfGlob(pattern: string): Promise<FoundFile[]> {
  const segments = pattern.split(/[/\\]/)
  const fixed = segments.findIndex(hasWildcard)
  const base = segments.slice(0, fixed).join(sep) || sep
  const tests = segments.slice(fixed)
  const isDeep = tests.length > 1
  const all = isDeep ? await filesBelow(base) : await filesIn(base)
  return all.filter(({ path }) => matches(path.split('/'), tests))
}

async function filesIn(folder: string): Promise<FoundFile[]> {
  const entries = await entriesOf(folder)
  const kinds = await Promise.all(entries.map((name) => kindOf(join(folder, name))))
  return entries.flatMap((name, index) =>
    kinds[index] === 'file' ? [{ file: join(folder, name), path: name }] : [],
  )
}

/** `above` holds the real paths of the folders on the way, so that a link to one of them ends there. */
async function filesBelow(folder: string, prefix = '', above: readonly string[] = []): Promise<FoundFile[]> {
  const real = await realpath(folder).catch(() => folder)
  if (above.includes(real)) return []
  const lists = (await entriesOf(folder)).map(async (name): Promise<FoundFile[]> => {
    const file = join(folder, name)
    const kind = await kindOf(file)
    if (kind === 'folder') return filesBelow(file, `${prefix}${name}/`, [...above, real])
    return kind === 'file' ? [{ file, path: `${prefix}${name}` }] : []
  })
  return (await Promise.all(lists)).flat()
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error) || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

/** Sockets, devices and links that lead nowhere are nothing. */
async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const found = await stat(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : undefined
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw error
  }
}

/** Whether the segments of a path fit those of a glob. */
function matches(path: readonly string[], tests: readonly string[]): boolean {
  const [test, ...otherTests] = tests
  if (test === undefined) return path.length === 0
  const [segment, ...rest] = path
  if (test === '**') {
    if (matches(path, otherTests)) return true
    return segment !== undefined && !segment.startsWith('.') && matches(rest, tests)
  }
  return segment !== undefined && fits(segment, test) && matches(rest, otherTests)
}

function fits(segment: string, test: string): boolean {
  if (segment.startsWith('.') && !test.startsWith('.')) return false
  const pattern = test
    .replace(/\*+/g, '*')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${pattern}$`, 's').test(segment)
}
