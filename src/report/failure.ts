import { UsageError } from '../commands/arguments.ts'
import { exitCodes } from '../commands/command.ts'
import { LockedError } from '../memory/memory.ts'
import { StepError, type StepErrorKind } from '../plan/step-error.ts'
import { failureOf } from '../plan/failure.ts'
import { StackError, locationOf } from '../stack/diagnostics.ts'
import { formatDiagnosticsFromDisk } from './diagnostics.ts'
import { styleFor, type Style } from './style.ts'
import { visible } from './words.ts'

interface Output {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly isInterrupted: boolean
}

/** Says why a command ended, for a person or as one JSON object, and gives its exit code. */
export function reportFailure(error: unknown, output: Output): number {
  const code = exitCodeOf(error, output.isInterrupted)
  if (wantsJson(output.argv)) {
    output.stdout.write(`${JSON.stringify({ type: 'command.failed', exitCode: code, ...asJson(error) })}\n`)
    return code
  }
  const style = styleFor(valueOf(output.argv, '--ansi'), output.stderr, output.env)
  output.stderr.write(`${describe(error, style, output)}\n`)
  return code
}

export function exitCodeOf(error: unknown, isInterrupted: boolean): number {
  if (error instanceof StackError || error instanceof UsageError) return exitCodes.invalid
  if (error instanceof LockedError) return exitCodes.locked
  if (error instanceof StepError && error.kind === 'timeout') return exitCodes.timeout
  if (isInterrupted) return exitCodes.interrupted
  return error instanceof StepError ? exitCodeOfKind(error.kind) : exitCodes.internal
}

export function exitCodeOfKind(kind: StepErrorKind): number {
  return exitCodes[kind]
}

function describe(error: unknown, style: Style, output: Output): string {
  if (error instanceof StackError) return formatDiagnosticsFromDisk(error.diagnostics, style)
  if (error instanceof UsageError)
    return withHint(`${style.red('error')} ${error.message}`, error.hint, style)
  if (error instanceof LockedError) {
    const hint =
      error.holder.purpose === 'dev'
        ? 'end that dev (Ctrl-C in its terminal, Q in iamstack tui); one that was killed loses the lock within 15 s'
        : 'wait until it ends; a holder that was killed loses the lock within 15 s'
    return withHint(`${style.red('locked')} ${error.message}`, hint, style)
  }
  if (error instanceof StepError) {
    const place = error.span ? ` (${locationOf(error.span)})` : ''
    const evidence = error.evidence.map((line) => `  ${style.dim('│')} ${visible(line)}`)
    return withHint(
      [`${style.red('error')} ${visible(error.message)}${place}`, ...evidence].join('\n'),
      error.hint,
      style,
    )
  }
  if (output.isInterrupted) return style.yellow('interrupted')
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${style.red('bug')} this is a mistake in iamstack, please report it with these lines:\n${detail}`
}

function withHint(text: string, hint: string | undefined, style: Style): string {
  return hint === undefined ? text : `${text}\n  ${style.dim('→')} ${hint}`
}

function asJson(error: unknown): Record<string, unknown> {
  if (error instanceof StackError) return { diagnostics: error.diagnostics }
  if (error instanceof StepError) return { failure: failureOf(error) }
  if (error instanceof LockedError) return { message: error.message, holder: error.holder }
  return { message: error instanceof Error ? error.message : String(error) }
}

function wantsJson(argv: readonly string[]): boolean {
  return (
    valueOf(argv, '--progress') === 'json' ||
    valueOf(argv, '--output') === 'json' ||
    valueOf(argv, '-o') === 'json'
  )
}

function valueOf(argv: readonly string[], flag: string): string | undefined {
  const joined = argv.find((word) => word.startsWith(`${flag}=`))
  if (joined !== undefined) return joined.slice(flag.length + 1)
  const index = argv.indexOf(flag)
  return index === -1 ? undefined : argv[index + 1]
}
