import type { Span } from '../stack/diagnostics.ts'

export type StepErrorKind =
  'internal' | 'build' | 'deploy' | 'smoke' | 'timeout' | 'precondition' | 'interrupted'

/**
 * A step could not reach its goal. `message` says what happened in one line, `evidence` holds what a person would look up next:
 * last log lines, events, probe output. Neither contains a secret.
 */
export class StepError extends Error {
  override readonly name = 'StepError'
  readonly kind: StepErrorKind
  readonly span: Span | undefined
  readonly evidence: readonly string[]
  readonly hint: string | undefined
  /** Trying again cannot help: image not found, exit on every start, port taken. */
  readonly isTerminal: boolean
  /** What the step worked with was edited meanwhile. Who follows edits has a newer plan on its way, and this is no failure. */
  readonly isOutdated: boolean

  constructor(
    kind: StepErrorKind,
    message: string,
    options: {
      span?: Span | undefined
      evidence?: readonly string[]
      hint?: string
      cause?: unknown
      isTerminal?: boolean
      isOutdated?: boolean
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.span = options.span
    this.evidence = options.evidence ?? []
    this.hint = options.hint
    this.isTerminal = options.isTerminal ?? true
    this.isOutdated = options.isOutdated ?? false
  }
}
