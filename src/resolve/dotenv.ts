import {
  checked,
  errorAt,
  warningAt,
  type Checked,
  type Diagnostic,
  type Span,
} from '../stack/diagnostics.ts'

/** A line of a `.env` file. */
export interface DotenvEntry {
  readonly name: string
  readonly value: string
  readonly from: Span
}

/**
 * Reads a `.env` file: `NAME=value`, an optional `export`, comments, single quotes (as written) and double quotes (with `\n`,
 * `\t`, `\r`, `\"`, `\\`, `\$`), both over several lines. Values are never expanded. The last of several lines with one name counts.
 * Errors `dotenv/…` for every line that is none of these.
 */
export function parseDotenv(file: string, content: string): Checked<ReadonlyMap<string, DotenvEntry>> {
  const findings: Diagnostic[] = []
  return checked(readDotenv(file, content, findings), findings)
}

/** The same for a caller that goes on after mistakes: the good lines, with what is wrong added to `findings`. */
export function readDotenv(file: string, content: string, findings: Diagnostic[]): Map<string, DotenvEntry> {
  const text = content.replace(/^\ufeff/, '')
  const entries = new Map<string, DotenvEntry>()
  let line = 1
  for (let index = 0; index < text.length;) {
    const read = readLine(text, index, { file, line })
    if (read.entry) entries.set(read.entry.name, read.entry)
    if (read.finding) findings.push(read.finding)
    line += countBreaks(text, index, read.end)
    index = read.end
  }
  return entries
}

interface Place {
  readonly file: string
  readonly line: number
}

interface Line {
  readonly end: number
  readonly entry?: DotenvEntry
  readonly finding?: Diagnostic
}

function readLine(text: string, start: number, place: Place): Line {
  const found = text.indexOf('\n', start)
  const lineEnd = found === -1 ? text.length : found
  const next = lineEnd + 1
  const written = text.slice(start, lineEnd).replace(/\r$/, '')
  if (/^\s*(#|$)/.test(written)) return { end: next }
  const spanAt = (column: number, length: number): Span => ({
    ...place,
    column: column + 1,
    length: Math.max(1, length),
  })
  const assignment = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_.-]*)(\s*=[ \t]*)/.exec(written)
  if (!assignment) return { end: next, finding: noAssignment(written, spanAt) }
  const [all, before = '', name = ''] = assignment
  const span = spanAt(before.length, name.length)
  const valueStart = start + all.length
  const quote = text[valueStart]
  if (quote === "'" || quote === '"')
    return readQuoted(text, valueStart, quote, { name, span, next, spanAt, column: all.length })
  const value = written
    .slice(all.length)
    .replace(/(^|\s+)#.*$/, '')
    .trimEnd()
  const warning = value.includes('${') ? { finding: notExpanded(name, span) } : {}
  return { end: next, entry: { name, value, from: span }, ...warning }
}

interface QuotedContext {
  readonly name: string
  readonly span: Span
  /** Where the next line begins. */
  readonly next: number
  readonly column: number
  readonly spanAt: (column: number, length: number) => Span
}

function readQuoted(text: string, start: number, quote: string, context: QuotedContext): Line {
  const close = closingQuote(text, start + 1, quote)
  if (close === -1) {
    const message = `the ${quote} that begins the value of ${context.name} is never closed`
    return {
      end: context.next,
      finding: errorAt('dotenv/quote', message, context.spanAt(context.column, 1), 'add the closing quote'),
    }
  }
  const found = text.indexOf('\n', close)
  const lineEnd = found === -1 ? text.length : found
  const after = text.slice(close + 1, lineEnd)
  if (!/^\s*(#.*)?$/.test(after)) {
    const message = `after the closing ${quote} of ${context.name} only a comment can follow`
    const hint =
      quote === '"' ? 'write a quote inside as \\"' : 'use double quotes around a value that has single ones'
    return { end: lineEnd + 1, finding: errorAt('dotenv/quote', message, context.span, hint) }
  }
  const raw = text.slice(start + 1, close).replaceAll('\r\n', '\n')
  const value =
    quote === "'" ? raw : raw.replace(/\\([nrt"\\$])/g, (_, escaped: string) => escapes[escaped] ?? escaped)
  return { end: lineEnd + 1, entry: { name: context.name, value, from: context.span } }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function closingQuote(text: string, from: number, quote: string): number {
  if (quote === "'") return text.indexOf("'", from)
  for (let index = from; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '"') return index
  }
  return -1
}

function noAssignment(written: string, spanAt: (column: number, length: number) => Span): Diagnostic {
  const span = spanAt(written.length - written.trimStart().length, written.trim().length)
  const name = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(:?)/.exec(written)
  const hint =
    name?.[2] === ':'
      ? `write ${name[1] ?? ''}=…: this file is not YAML`
      : 'write NAME=value, or begin a comment with #'
  // The line is not shown: it may be half of a secret.
  return errorAt('dotenv/syntax', 'this line is no assignment', span, hint)
}

function notExpanded(name: string, span: Span): Diagnostic {
  return warningAt(
    'dotenv/not-expanded',
    `\${…} in the value of ${name} stays as it is`,
    span,
    'values that build on others belong under `vars`',
  )
}

function countBreaks(text: string, from: number, to: number): number {
  let count = 0
  for (
    let index = text.indexOf('\n', from);
    index !== -1 && index < to;
    index = text.indexOf('\n', index + 1)
  )
    count++
  return count
}
