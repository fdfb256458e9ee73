import { relative } from 'node:path'
import { locationOf, type Diagnostic, type Severity, type Span } from './diagnostics.ts'
import { excerpt, printable } from './excerpt.ts'

export interface FormatOptions {
  /** The text of a file that a span names; undefined leaves the excerpt out. */
  readonly sourceOf: (file: string) => string | undefined
  /** Absolute folder that paths are printed relative to; files outside keep their absolute path. */
  readonly relativeTo?: string
  /** Adds colours. Default: the text as it is. */
  readonly style?: (text: string, role: Severity | 'location' | 'code' | 'hint' | 'excerpt') => string
}

/** Diagnostics as text for people: location first, so that editors and terminals can open it, then excerpt, related places, hint. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions): string {
  const style = options.style ?? ((text: string) => text)
  const linesOf = linesByFile(options.sourceOf)

  function place(span: Span): string {
    return style(printable(locationOf(shown(span, options))), 'location')
  }

  function excerptOf(span: Span): string[] {
    const lines = linesOf(span.file)
    return lines ? excerpt(lines, span).map((line) => `  ${style(line, 'excerpt')}`) : []
  }

  function format({ span, severity, code, message, related = [], hint, isConfidential }: Diagnostic): string {
    const location = span ? `${place(span)} ` : ''
    const lines = [`${location}${style(severity, severity)} ${style(code, 'code')}: ${printable(message)}`]
    if (span && isConfidential !== true) lines.push(...excerptOf(span))
    for (const other of related) {
      lines.push(`  ${place(other.span)} ${printable(other.message)}`)
      lines.push(...excerptOf(other.span).map((line) => `  ${line}`))
    }
    if (hint !== undefined) lines.push(`  ${style(`hint: ${printable(hint)}`, 'hint')}`)
    return lines.join('\n')
  }

  return diagnostics.map(format).join('\n\n')
}

/** Splits each file once, however many diagnostics it has. Places do not count a byte order mark. */
function linesByFile(sourceOf: FormatOptions['sourceOf']): (file: string) => readonly string[] | undefined {
  const known = new Map<string, readonly string[] | undefined>()
  return (file) => {
    if (!known.has(file))
      known.set(
        file,
        sourceOf(file)
          ?.replace(/^\ufeff/, '')
          .split('\n'),
      )
    return known.get(file)
  }
}

/** Diagnostics as data, one plain object each, paths as in the text form; for `--format json`. */
export function diagnosticsAsJson(diagnostics: readonly Diagnostic[], relativeTo?: string): object[] {
  const options = { ...(relativeTo !== undefined && { relativeTo }) }
  return diagnostics.map(({ span, related, ...rest }) => ({
    ...rest,
    ...(span && { span: shown(span, options) }),
    ...(related && { related: related.map((each) => ({ ...each, span: shown(each.span, options) })) }),
  }))
}

function shown(span: Span, { relativeTo }: Pick<FormatOptions, 'relativeTo'>): Span {
  if (relativeTo === undefined) return span
  const way = relative(relativeTo, span.file)
  return way === '' || way.startsWith('..') ? span : { ...span, file: way }
}
