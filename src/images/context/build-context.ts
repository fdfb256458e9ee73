import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { SyncedFolder } from '../../platform/engine/file-sync.ts'
import type { ContextFile } from './content.ts'
import type { FileAccess } from './file-access.ts'
import { addedDockerfile, contextTar } from './tar.ts'

/** How the files of a build come to the engine. */
export type BuildContext = TarContext | SyncedContext

/** All of them, each time. */
export interface TarContext {
  readonly kind: 'tar'
  /** Path of the Dockerfile inside the tar. */
  readonly dockerfile: string
  /** Called once. The stream is destroyed when the build ends early. */
  readonly open: () => Promise<Readable>
}

/** Those whose content BuildKit lacks, over a session. */
export interface SyncedContext {
  readonly kind: 'synced'
  /** Name of the Dockerfile in its folder. */
  readonly dockerfile: string
  /** By BuildKit's names: `context` and `dockerfile`. */
  readonly folders: ReadonlyMap<string, SyncedFolder>
  /** Builds with the same key share what BuildKit keeps of their folders, and a difference between them is sent each time. */
  readonly sharedKey: string
  /** For an engine that opens no sessions. */
  readonly whole: TarContext
}

export interface BuildContextInput {
  readonly contextDirectory: string
  readonly files: readonly ContextFile[]
  readonly dockerfile: {
    readonly text: string
    /** Its path where the context's files hold this very text. */
    readonly inContext: string | undefined
  }
  readonly access: FileAccess
  /** Who builds from the folder: instance, image, stage. Beside the folder itself, what makes the shared key. */
  readonly builder: readonly (string | undefined)[]
}

/** Bytes from which on a context is synced. A session costs as much as a tar of this size. */
const syncedFrom = 8_000_000

export async function buildContext(input: BuildContextInput): Promise<BuildContext> {
  const whole = tarContext(input)
  const size = input.files.reduce((sum, file) => sum + file.size, 0)
  if (size < syncedFrom) return whole
  const { syncedDockerfile, syncedFolders } = await import('./synced-folders.ts')
  const { contextDirectory, files, access, dockerfile, builder } = input
  return {
    kind: 'synced',
    dockerfile: syncedDockerfile,
    folders: syncedFolders({ contextDirectory, files, access, dockerfileText: dockerfile.text }),
    sharedKey: createHash('sha256')
      .update(JSON.stringify(['iamstack', contextDirectory, ...builder]))
      .digest('hex'),
    whole,
  }
}

function tarContext({ contextDirectory, files, access, dockerfile }: BuildContextInput): TarContext {
  // A Dockerfile that COPY can see is sent as it is: one that is added beside it would end up in the image too.
  const name = dockerfile.inContext ?? addedDockerfile
  return {
    kind: 'tar',
    dockerfile: name,
    open: () =>
      contextTar({
        contextDirectory,
        files,
        ...(dockerfile.inContext === undefined && { dockerfile: { name, text: dockerfile.text } }),
        access,
      }),
  }
}
