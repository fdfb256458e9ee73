import { join } from 'node:path'
import type { Diagnostic } from '../../stack/diagnostics.ts'
import { mapBounded } from './bounded.ts'
import type { FileAccess } from './file-access.ts'
import type { ContextRead } from './reads.ts'
import type { StatCache } from './stat-cache.ts'
import type { FoundFile } from './walk.ts'
import { unreadable } from './walk.ts'

/** A file, directory or link of the context that takes part in a build. */
export interface ContextFile {
  /** Relative to the context, with slashes. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  readonly isExecutable: boolean
  /** Permission bits. Of these only the executable bit joins the hash: git keeps no more, so others differ by checkout. */
  readonly mode: number
  /** Bytes; 0 for directories and links. */
  readonly size: number
  /** Milliseconds since 1970. Of a large file, as far as that is known, when its content came to be, whoever touched it since. */
  readonly modified: number
  /** The sha256 of the content in hex, the target of a link, empty for a directory. */
  readonly content: string
}

const readsAtOnce = 16

/**
 * Bytes from which on a file that was touched keeps its time: BuildKit tells by it what is to be sent again, and what a `pre` step
 * or a checkout writes anew is often what it was. What people write is smaller, and make compares it with what was made of it.
 */
const keepsTime = 65_536

/** Gives each file its content hash; only files that the cache does not know are read. */
export async function hashContents(
  found: readonly FoundFile[],
  input: {
    readonly contextDirectory: string
    readonly reads: readonly ContextRead[]
    readonly files: FileAccess
    readonly cache: StatCache | undefined
  },
  findings: Diagnostic[],
): Promise<readonly ContextFile[]> {
  const { contextDirectory, files, cache } = input
  return mapBounded(found, readsAtOnce, async (file) => {
    const path = join(contextDirectory, file.path)
    let content = ''
    try {
      if (file.kind === 'link') content = await files.readLink(path)
      if (file.kind === 'file') {
        content = cache?.find(path, file.stat) ?? (await hashFile(path, file, files, cache))
      }
    } catch (error) {
      findings.push(
        unreadable(
          file.path,
          error,
          input.reads.find((read) => read.matches(file.path)),
        ),
      )
    }
    return {
      path: file.path,
      kind: file.kind,
      isExecutable: file.kind === 'file' && (file.stat.mode & 0o111) !== 0,
      mode: file.stat.mode,
      size: file.kind === 'file' ? file.stat.size : 0,
      modified:
        file.kind === 'file' && file.stat.size >= keepsTime && cache !== undefined
          ? cache.since(path, file.stat, content)
          : file.stat.modified,
      content,
    }
  })
}

async function hashFile(
  path: string,
  file: FoundFile,
  files: FileAccess,
  cache: StatCache | undefined,
): Promise<string> {
  const readAt = Date.now()
  const sha256 = await files.sha256(path)
  const [after] = await files.stat([path])
  // A file that changed while it was read is not remembered under either state.
  if (after?.fingerprint === file.stat.fingerprint) cache?.store(path, file.stat, sha256, readAt)
  return sha256
}
