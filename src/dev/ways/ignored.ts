import { createIgnore } from '../../images/context/ignore.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { placeIn } from './cite.ts'

/** A `.dockerignore` with its text. */
export interface IgnoreFile {
  /** As spans name it. */
  readonly file: string
  readonly text: string
}

const mostRoots = 4

/** Why a build does not read a path of its context: the line that leaves it out, or that no instruction asks for it. */
export function whyIgnored(
  image: string,
  identity: ImageIdentity,
  ignoreFile: IgnoreFile | undefined,
  path: string,
): { readonly rule: string; readonly span: Span | undefined } {
  if (identity.ignore.isIgnored(path)) {
    const line = ignoreFile && ignoringLine(ignoreFile, path)
    return line
      ? { rule: `${placeIn(line.span)} (${line.pattern}) leaves it out of the build`, span: line.span }
      : { rule: 'the ignore file leaves it out of the build', span: undefined }
  }
  return {
    rule: `nothing that image ${image} is built from reads it (${whatIsRead(identity)})`,
    span: undefined,
  }
}

function whatIsRead({ roots }: ImageIdentity): string {
  if (roots.length === 0) return 'its build reads no file of the context'
  const more = roots.length > mostRoots ? ` and ${roots.length - mostRoots} more` : ''
  return `it reads ${roots.slice(0, mostRoots).join(', ')}${more}`
}

/**
 * The line that decides: the last one whose coming turns the path from read to ignored. Asking the same rules about ever more
 * of the file keeps one reading of them.
 */
function ignoringLine(
  { file, text }: IgnoreFile,
  path: string,
): { readonly span: Span; readonly pattern: string } | undefined {
  const lines = text.split('\n')
  let isIgnored = false
  let found: { span: Span; pattern: string } | undefined
  for (const [index, line] of lines.entries()) {
    const soFar = createIgnore(lines.slice(0, index + 1).join('\n'), file)
    if (!soFar.ok) return undefined
    const now = soFar.value.isIgnored(path)
    const pattern = line.trim()
    if (now && !isIgnored) {
      const column = line.length - line.trimStart().length + 1
      found = { pattern, span: { file, line: index + 1, column, length: pattern.length } }
    }
    isIgnored = now
  }
  return found
}
