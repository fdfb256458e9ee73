import type { Diagnostic, Span } from '../../stack/diagnostics.ts'
import { errorAt, warningAt } from '../../stack/diagnostics.ts'
import type { Directives } from './instructions.ts'

/** An instruction's text with continuations joined, and where each piece of it came from. */
export interface LogicalLine {
  readonly text: string
  readonly file: string
  readonly endLine: number
  /** In rising order of offset; the first has offset 0. */
  readonly pieces: readonly { readonly offset: number; readonly line: number; readonly column: number }[]
}

/** Reads a Dockerfile instruction by instruction; heredoc bodies only on request, since only the instruction knows. */
export interface LineReader {
  readonly directives: () => Directives
  readonly next: () => LogicalLine | undefined
  /** The lines up to the delimiter, or undefined where the file ends first. */
  readonly heredocBody: (delimiter: string, stripsTabs: boolean) => string | undefined
  /** The number of the last line that was read. */
  readonly position: () => number
}

/** BuildKit reads lines through a 64 KiB buffer and refuses longer ones (bufio.MaxScanTokenSize). */
const longestLine = 65_535

export function createLineReader(text: string, file: string, findings: Diagnostic[]): LineReader {
  const lines = physicalLines(text)
  const directives = readDirectives(lines, file, findings)
  const endsInEscape = directives.escape === '\\' ? /(?<kept>^|[^\\])\\[ \t]*$/ : /(?<kept>^|[^`])`[ \t]*$/
  let index = 0
  const oversized = lines.findIndex((line) => line.length > longestLine)
  if (oversized >= 0) {
    const message = `the line is longer than the ${String(longestLine)} characters that BuildKit reads`
    findings.push(errorAt('dockerfile/line-too-long', message, lineSpan(file, oversized + 1, '')))
    lines.length = oversized
  }

  function next(): LogicalLine | undefined {
    while (index < lines.length) {
      const line = withoutNewline(lines[index] ?? '')
      const body = line.trimStart()
      index += 1
      if (body === '' || body.startsWith('#')) continue
      return continued(line, body)
    }
    return undefined
  }

  function continued(line: string, body: string): LogicalLine {
    const pieces = [{ offset: 0, line: index, column: line.length - body.length + 1 }]
    let text = withoutEscape(body)
    let isOpen = text !== body
    let blank: number | undefined
    while (isOpen && index < lines.length) {
      const more = withoutNewline(lines[index] ?? '')
      index += 1
      const trimmed = more.trimStart()
      if (trimmed.startsWith('#')) continue
      if (trimmed === '') {
        blank ??= index
        continue
      }
      const kept = withoutEscape(more)
      pieces.push({ offset: text.length, line: index, column: 1 })
      text += kept
      isOpen = kept !== more
    }
    if (blank !== undefined) {
      const message =
        'an empty line inside a continued instruction: BuildKit announces that this will be an error'
      findings.push(warningAt('dockerfile/blank-continuation', message, lineSpan(file, blank, '')))
    }
    return { text, file, endLine: index, pieces }
  }

  function withoutEscape(line: string): string {
    const match = endsInEscape.exec(line)
    return match ? line.slice(0, match.index) + (match.groups?.['kept'] ?? '') : line
  }

  function heredocBody(delimiter: string, stripsTabs: boolean): string | undefined {
    const body: string[] = []
    while (index < lines.length) {
      const raw = lines[index] ?? ''
      index += 1
      const line = withoutNewline(raw)
      if ((stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter) return body.join('')
      body.push(stripsTabs ? raw.replace(/^\t+/, '') : raw)
    }
    return undefined
  }

  return { directives: () => directives, next, heredocBody, position: () => index }
}

/** The place of `text.slice(start, end)`, cut at the end of the physical line it starts on. */
export function spanWithin(line: LogicalLine, start: number, end: number): Span {
  let index = line.pieces.findLastIndex((piece) => piece.offset <= start)
  index = Math.max(index, 0)
  const piece = line.pieces[index] ?? { offset: 0, line: 1, column: 1 }
  const limit = line.pieces[index + 1]?.offset ?? line.text.length
  const shown = line.text.slice(start, Math.min(end, limit)).trimEnd()
  const column = piece.column + (start - piece.offset)
  return { file: line.file, line: piece.line, column, length: Math.max(shown.length, 1) }
}

export function lineSpan(file: string, line: number, text: string): Span {
  return { file, line, column: 1, length: Math.max(text.length, 1) }
}

/** Lines with their ends, because a heredoc keeps them; a byte order mark is dropped. */
function physicalLines(text: string): string[] {
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/(?<=\n)/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function withoutNewline(line: string): string {
  let end = line.length
  while (end > 0 && (line[end - 1] === '\n' || line[end - 1] === '\r')) end -= 1
  return line.slice(0, end)
}

/** `# key=value` comments count as directives only until the first line that is anything else. */
function readDirectives(lines: readonly string[], file: string, findings: Diagnostic[]): Directives {
  const seen = new Map<string, string>()
  for (const [index, raw] of lines.entries()) {
    const line = withoutNewline(raw).trim()
    const match = /^#\s*(?<key>[a-zA-Z][a-zA-Z0-9]*)\s*=\s*(?<value>\S.*)$/.exec(line)
    const key = match?.groups?.['key']?.toLowerCase()
    const value = match?.groups?.['value']
    if (key === undefined || value === undefined || !['syntax', 'escape', 'check'].includes(key)) break
    const span = lineSpan(file, index + 1, line)
    if (seen.has(key)) {
      findings.push(errorAt('dockerfile/directive', `the directive "${key}" is given twice`, span))
    } else if (key === 'escape' && value !== '\\' && value !== '`') {
      findings.push(errorAt('dockerfile/directive', `the escape character is \\ or \`, not "${value}"`, span))
    } else seen.set(key, value)
  }
  const syntax = seen.get('syntax')?.split(' ')[0]
  const check = seen.get('check')
  return {
    escape: seen.get('escape') === '`' ? '`' : '\\',
    ...(syntax !== undefined && { syntax }),
    ...(check !== undefined && { check }),
  }
}
