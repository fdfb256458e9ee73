import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ContextFile } from './content.ts'
import type { FileAccess } from './file-access.ts'
import { sentContent } from './sent-content.ts'

/** The name of the Dockerfile in a context tar whose context does not hold it, or hides it. */
export const addedDockerfile = '.iamstack.Dockerfile'

export interface ContextTarInput {
  readonly contextDirectory: string
  /** In the order that they are to have: `identifyImage` gives them sorted, so equal contexts are equal tars. */
  readonly files: readonly ContextFile[]
  /** Added at the end. */
  readonly dockerfile?: { readonly name: string; readonly text: string }
  readonly access: FileAccess
}

/**
 * A tar stream of just the given files. Modification times are kept, since RUN may look at them (make, pip); they do not disturb
 * BuildKit's cache, which ignores them. Owner is root. A file that changed since it was identified ends the
 * stream with a StepError.
 */
export async function contextTar(input: ContextTarInput): Promise<Readable> {
  // CommonJS: in the bundle only its default export is there.
  const { default: tarStream } = await import('tar-stream')
  const tar = tarStream.pack()
  void fill().catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  return Readable.from(tar, { objectMode: false })

  async function fill(): Promise<void> {
    for (const file of input.files) await add(file)
    if (input.dockerfile) {
      const { name, text } = input.dockerfile
      tar.entry({ name, mode: 0o644, mtime: new Date(0) }, text)
    }
    tar.finalize()
  }

  async function add(file: ContextFile): Promise<void> {
    const header = { name: file.path, mode: file.mode, mtime: new Date(file.modified) }
    switch (file.kind) {
      case 'directory':
        tar.entry({ ...header, type: 'directory' })
        return
      case 'link':
        tar.entry({ ...header, type: 'symlink', linkname: file.content })
        return
      case 'file': {
        const entry = tar.entry({ ...header, size: file.size })
        await pipeline(sentContent(input.contextDirectory, file, input.access), entry)
        return
      }
      default: {
        const never: never = file.kind
        throw new Error(String(never))
      }
    }
  }
}
