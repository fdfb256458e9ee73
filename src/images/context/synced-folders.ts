import { createHash } from 'node:crypto'
import type { SyncedFolder } from '../../platform/engine/file-sync.ts'
import type { SyncedEntry } from '../../platform/engine/file-sync-wire.ts'
import { inWalkOrder } from '../../platform/engine/walk-order.ts'
import type { ContextFile } from './content.ts'
import type { FileAccess } from './file-access.ts'
import { sentContent } from './sent-content.ts'

/** The Dockerfile's name in the folder that holds nothing else. */
export const syncedDockerfile = 'Dockerfile'

export interface SyncedFoldersInput {
  readonly contextDirectory: string
  readonly files: readonly ContextFile[]
  readonly dockerfileText: string
  readonly access: FileAccess
}

/** The two folders of a build by BuildKit's names for them: what it may read, and its Dockerfile, which the first need not hold. */
export function syncedFolders(input: SyncedFoldersInput): ReadonlyMap<string, SyncedFolder> {
  return new Map([
    ['context', contextFolder(input)],
    [
      'dockerfile',
      folderOfTexts({
        [syncedDockerfile]: input.dockerfileText,
        // What is ignored was left out already; without this one BuildKit looks for an ignore file in the context.
        [`${syncedDockerfile}.dockerignore`]: '#\n',
      }),
    ],
  ])
}

function contextFolder({ contextDirectory, files, access }: SyncedFoldersInput): SyncedFolder {
  const byPath = new Map(files.map((file) => [file.path, file]))
  return {
    entries: inWalkOrder(files.map(entryOf)),
    read: ({ path }) => {
      const file = byPath.get(path)
      if (file === undefined) throw new TypeError(`${path} is no file of the context`)
      return sentContent(contextDirectory, file, access)
    },
  }
}

function entryOf({ path, kind, mode, size, modified, content }: ContextFile): SyncedEntry {
  return {
    path,
    kind,
    mode,
    size,
    modified: kind === 'file' ? timeOfContent(modified, content) : nanoseconds(modified),
    target: kind === 'link' ? content : '',
  }
}

/**
 * The time by which BuildKit tells whether it has a file's content already, beside its size. Its seconds are those of the file,
 * as a tar has them and layers keep them. Its nanoseconds are made from the content: tools that set times of their own (npm, zip,
 * reproducible builds) change a file without changing its size or time. Only half a second of them is used, so that the time of a
 * file that was just saved seldom lies ahead of the clock of a step that runs make.
 */
function timeOfContent(modified: number, sha256: string): bigint {
  return nanoseconds(modified) + (BigInt(`0x${sha256.slice(0, 16)}`) % 500_000_000n)
}

/** Whole seconds, as nanoseconds. */
function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.floor(milliseconds / 1000)) * 1_000_000_000n
}

function folderOfTexts(texts: Readonly<Record<string, string>>): SyncedFolder {
  const contents = new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]))
  const entries = [...contents].map(([path, content]): SyncedEntry => {
    const sha256 = createHash('sha256').update(content).digest('hex')
    return {
      path,
      kind: 'file',
      mode: 0o644,
      size: content.length,
      modified: timeOfContent(0, sha256),
      target: '',
    }
  })
  return {
    entries: inWalkOrder(entries),
    async *read({ path }) {
      const content = contents.get(path)
      if (content !== undefined && content.length > 0) yield await Promise.resolve(content)
    },
  }
}
