import type { Span } from '../../stack/diagnostics.ts'
import type { Flags, Report } from './flags.ts'
import type { Heredoc, Word } from './instructions.ts'
import type { Token } from './words.ts'

/** What the reading of one instruction needs to know about its surroundings. */
export interface StatementContext {
  readonly escape: string
  /** Those that the line opened, in order. */
  readonly heredocs: readonly Heredoc[]
  readonly endLine: number
  readonly error: Report
  readonly warn: Report
}

/** An instruction split into keyword, flags and the rest, not yet understood. */
export interface Statement extends StatementContext {
  /** Lower case. */
  readonly keyword: string
  /** The whole logical line; offsets of tokens are into it. */
  readonly text: string
  /** Where the arguments start. */
  readonly rest: number
  readonly flags: Flags
  readonly spanOf: (token: Token) => Span
  readonly wordOf: (token: Token) => Word
  readonly common: { readonly span: Span; readonly endLine: number; readonly text: string }
}

/** All arguments as one token. */
export function restOf(statement: Statement): Token {
  const text = statement.text.slice(statement.rest).trimEnd()
  return { text, start: statement.rest, end: statement.rest + text.length }
}
