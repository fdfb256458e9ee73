import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StepError } from '../../plan/step-error.ts'
import type { ContextFile } from './content.ts'
import type { FileAccess } from './file-access.ts'

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
        await pipeline(input.access.open(join(input.contextDirectory, file.path)), asIdentified(file), entry)
        return
      }
      default: {
        const never: never = file.kind
        throw new Error(String(never))
      }
    }
  }
}

/** Passes content on and refuses any other than the image's identity was made of: an image must never hold what its tag denies. */
function asIdentified(file: ContextFile): Transform {
  const hash = createHash('sha256')
  let size = 0
  const changed = (): StepError =>
    new StepError('build', `${file.path} changed while it was being sent`, {
      hint: 'run it again; dev does so by itself',
    })
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      hash.update(chunk)
      done(size > file.size ? changed() : null, chunk)
    },
    flush(done) {
      done(size === file.size && hash.digest('hex') === file.content ? null : changed())
    },
  })
}
