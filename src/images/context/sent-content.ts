import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { codeOf } from '../../memory/atomic-file.ts'
import { StepError } from '../../plan/step-error.ts'
import type { ContextFile } from './content.ts'
import type { FileAccess } from './file-access.ts'

/**
 * The content of a file on its way to the engine, a piece at a time. Any other than the image's identity was made of is refused
 * with a StepError, at the latest before its end: an image must never hold what its tag denies.
 */
export async function* sentContent(
  contextDirectory: string,
  file: ContextFile,
  access: FileAccess,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of readPieces(join(contextDirectory, file.path), file, access)) {
    size += piece.length
    if (size > file.size) throw refused(file, 'changed')
    hash.update(piece)
    yield piece
  }
  if (size !== file.size || hash.digest('hex') !== file.content) throw refused(file, 'changed')
}

async function* readPieces(path: string, file: ContextFile, access: FileAccess): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of access.open(path, file.size)) yield piece
  } catch (error) {
    throw refused(file, codeOf(error) === 'ENOENT' ? 'vanished' : 'could not be read', error)
  }
}

function refused(file: ContextFile, what: string, cause?: unknown): StepError {
  const reason = cause instanceof Error && what === 'could not be read' ? `: ${cause.message}` : ''
  return new StepError('build', `${file.path} ${what} while it was being sent${reason}`, {
    hint: 'run it again; dev does so by itself',
    isOutdated: what !== 'could not be read' || ['EISDIR', 'ENOTDIR'].includes(codeOf(cause) ?? ''),
    ...(cause !== undefined && { cause }),
  })
}
