import { StepError } from '../plan/step-error.ts'
import type { FailedVertex } from './build-progress.ts'

/** A build that came to no image. `evidence` holds the last lines of the step that failed. */
export class BuildError extends StepError {
  /** The step that failed, as BuildKit names it: `[build 2/3] RUN make`. Undefined where no step is at fault. */
  readonly vertex: string | undefined
  /** 1-based line of the Dockerfile, where the error names it. */
  readonly line: number | undefined
  /** Of the command of the step, where it was a command that failed. */
  readonly exitCode: number | undefined

  constructor(message: string, details: BuildErrorDetails) {
    super('build', message, {
      evidence: details.evidence ?? [],
      ...(details.hint !== undefined && { hint: details.hint }),
      ...(details.cause !== undefined && { cause: details.cause }),
    })
    this.vertex = details.vertex
    this.line = details.line
    this.exitCode = details.exitCode
  }
}

export interface BuildErrorDetails {
  readonly vertex?: string | undefined
  readonly line?: number | undefined
  readonly exitCode?: number | undefined
  readonly evidence?: readonly string[]
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/** The error to show for what the engine said at the end of a build. */
export function buildError(words: string, failed: FailedVertex | undefined): BuildError {
  const secret = missingSecret(words, failed)
  if (secret !== undefined) return missingSecretError(secret, failed)
  const base = /failed to resolve source metadata for (\S+): (?:\1: )?(.*)$/s.exec(words)
  if (base !== null) return baseImageError(String(base[1]), String(base[2]), failed)
  const line = numberIn(words, /(?:parse error on line|Dockerfile[^:\s]*:|\bline) ?(\d+)/i)
  const exitCode = numberIn(words, /exit code: (\d+)/)
  const reason = exitCode === undefined ? withoutWrappers(words) : `exit code ${String(exitCode)}`
  return new BuildError(failed === undefined ? `the build failed: ${reason}` : `${failed.name}: ${reason}`, {
    vertex: failed?.name,
    line,
    exitCode,
    evidence: failed?.lastLines ?? [],
  })
}

/** Without a session BuildKit cannot even ask for the secret, and names only the lack of one. */
function missingSecret(words: string, failed: FailedVertex | undefined): string | undefined {
  const named = /secret (\S+): not found/.exec(words)?.[1]
  if (named !== undefined || !words.includes('no active session')) return named
  return /--mount=type=secret,(?:\S*,)?id=([^,\s]+)/.exec(failed?.name ?? '')?.[1]
}

function baseImageError(reference: string, words: string, failed: FailedVertex | undefined): BuildError {
  return new BuildError(`the base image ${reference} cannot be had: ${words}`, {
    vertex: failed?.name,
    hint: 'check its name and tag, the credentials of its registry, and whether another image of the stack is meant',
  })
}

function missingSecretError(id: string, failed: FailedVertex | undefined): BuildError {
  const step = failed === undefined ? 'a step' : failed.name
  return new BuildError(`${step} requires the build secret "${id}", which is not declared`, {
    vertex: failed?.name,
    hint: `declare it under the image's "secrets"`,
  })
}

/** BuildKit wraps its reason in the layers it came through; none of them helps a reader. */
function withoutWrappers(words: string): string {
  return words
    .replace(/^failed to solve with frontend [\w.]+: /, '')
    .replace(/^failed to (solve|build LLB|create LB): /, '')
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/^failed to compute cache key: /, '')
    .replace(/^failed to calculate checksum of ref \S+: /, '')
    .trim()
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
