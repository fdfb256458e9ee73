import { join } from 'node:path'
import type { Diagnostic } from '../../stack/diagnostics.ts'
import { errorAt } from '../../stack/diagnostics.ts'
import { mapBounded } from './bounded.ts'
import type { FileAccess, FileKind, FileStat } from './file-access.ts'
import type { Ignore } from './ignore.ts'
import type { ContextRead } from './reads.ts'

/** A path of the context that a build reads, not yet its content. */
export interface FoundFile {
  /** Relative to the context, with slashes. */
  readonly path: string
  readonly kind: Exclude<FileKind, 'other'>
  readonly stat: FileStat
}

export interface WalkInput {
  readonly contextDirectory: string
  readonly reads: readonly ContextRead[]
  readonly ignore: Ignore
  readonly files: FileAccess
}

const listsAtOnce = 16
const statsAtOnce = 256

/**
 * Lists what the reads can see, sorted by path. Directories that are ignored or that no read can reach into are not entered.
 * Links are listed, never followed, so a loop of them does no harm.
 */
export async function walkContext(input: WalkInput, findings: Diagnostic[]): Promise<readonly FoundFile[]> {
  const { contextDirectory, files } = input
  const paths: { path: string; kind: Exclude<FileKind, 'other'> }[] = []
  let level = input.reads.length > 0 ? [''] : []
  while (level.length > 0) {
    const lists = await mapBounded(level, listsAtOnce, (directory) =>
      listDirectory(input, directory, findings),
    )
    level = []
    for (const entry of lists.flat()) {
      if (entry.kind === 'directory' && canHold(input, entry.path)) level.push(entry.path)
      if (entry.kind !== 'other' && isRead(input, entry.path))
        paths.push({ path: entry.path, kind: entry.kind })
    }
  }
  paths.sort((a, b) => (a.path < b.path ? -1 : 1))
  const found: FoundFile[] = []
  for (let at = 0; at < paths.length; at += statsAtOnce) {
    const batch = paths.slice(at, at + statsAtOnce)
    const stats = await files.stat(batch.map(({ path }) => join(contextDirectory, path)))
    for (const [index, stat] of stats.entries()) {
      const entry = batch[index]
      // What vanished meanwhile was not there; the watcher will say so again.
      if (stat && entry && stat.kind !== 'other') found.push({ path: entry.path, kind: stat.kind, stat })
    }
  }
  return found
}

/** The build sees this path: some read takes it and nothing ignores it. */
export function isRead({ reads, ignore }: Pick<WalkInput, 'reads' | 'ignore'>, path: string): boolean {
  return reads.some((read) => read.matches(path)) && !ignore.isIgnored(path)
}

function canHold({ reads, ignore }: WalkInput, directory: string): boolean {
  return reads.some((read) => read.mayMatchUnder(directory)) && !ignore.canSkipDirectory(directory)
}

async function listDirectory(
  { contextDirectory, files, reads }: WalkInput,
  directory: string,
  findings: Diagnostic[],
): Promise<{ path: string; kind: FileKind }[]> {
  try {
    const entries = await files.list(join(contextDirectory, directory))
    return entries.map(({ name, kind }) => ({ path: directory === '' ? name : `${directory}/${name}`, kind }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && directory !== '') return []
    const reader = reads.find((read) => read.mayMatchUnder(directory))
    const shown = directory === '' ? contextDirectory : directory
    findings.push(unreadable(shown, error, reader))
    return []
  }
}

export function unreadable(path: string, error: unknown, reader: ContextRead | undefined): Diagnostic {
  const why = error instanceof Error ? error.message : String(error)
  const hint = 'make it readable, or keep it out of the build with a line in .dockerignore'
  return errorAt('context/unreadable', `${path} cannot be read: ${why}`, reader?.span, hint)
}
