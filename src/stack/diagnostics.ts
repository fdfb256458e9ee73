/** A place in a file of the user's, 1-based as editors print it. `length` is in characters and stays on the line. */
export interface Span {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length: number
}

export type Severity = 'error' | 'warning' | 'info'

/**
 * One finding about the user's input. `code` is stable (`area/what`, e.g. `schema/unknown-key`) so that scripts and
 * suppressions can rely on it; `message` says what is wrong, `hint` how to mend it.
 */
export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly span?: Span
  readonly hint?: string
  /** Other places that explain this one: the first of two duplicate keys, the members of a cycle. */
  readonly related?: readonly { readonly span: Span; readonly message: string }[]
  /** The place holds a secret: renderers show where it is, never the text. */
  readonly isConfidential?: boolean
}

/** The outcome of checking input: a value with warnings, or every error at once. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly errors: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] }

export function errorAt(code: string, message: string, span?: Span, hint?: string): Diagnostic {
  return diagnostic('error', code, message, span, hint)
}

export function warningAt(code: string, message: string, span?: Span, hint?: string): Diagnostic {
  return diagnostic('warning', code, message, span, hint)
}

function diagnostic(
  severity: Severity,
  code: string,
  message: string,
  span?: Span,
  hint?: string,
): Diagnostic {
  return { code, severity, message, ...(span && { span }), ...(hint !== undefined && { hint }) }
}

/** Splits findings into the `Checked` form: any error makes the whole not ok. */
export function checked<T>(value: T, findings: readonly Diagnostic[]): Checked<T> {
  const errors = findings.filter((finding) => finding.severity === 'error')
  const warnings = findings.filter((finding) => finding.severity !== 'error')
  return errors.length > 0 ? { ok: false, errors, warnings } : { ok: true, value, warnings }
}

/** The user's input is at fault: carries every finding. Exit code 2. */
export class StackError extends Error {
  override readonly name = 'StackError'
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((each) => each.message).join('\n'))
    this.diagnostics = diagnostics
  }
}

/** `file:line:column`, the form every editor and terminal can open. */
export function locationOf(span: Span): string {
  return `${span.file}:${String(span.line)}:${String(span.column)}`
}
