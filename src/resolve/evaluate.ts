import { errorAt, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import { referenceOf } from './reference.ts'
import type { Expression, Template, TemplatePart } from './template.ts'
import type { Reference } from './text.ts'

/** A text in pieces: characters, and what only a target knows. */
export type Parts = readonly (string | Reference)[]

/** The names that a text may use. */
export interface Scope {
  /** `undefined`: there is no such name. `failed`: it has no value, and the reason is reported where it is written. */
  readonly value: (name: string) => Parts | 'failed' | undefined
  /** Every name, for "did you mean". */
  readonly names: () => Iterable<string>
}

/**
 * Characters that substitution may still produce. Shared by all texts of one resolution, so that neither a name that doubles
 * itself nor a long value used many times can fill the memory.
 */
export interface Allowance {
  left: number
}

/** About sixteen times the largest stack file. */
export function fullAllowance(): Allowance {
  return { left: 16 * 1024 * 1024 }
}

export interface Evaluation {
  readonly parts: Parts
  readonly findings: readonly Diagnostic[]
  /** False where something is missing in `parts`; the reason is in `findings`, here or where a value is declared. */
  readonly isComplete: boolean
}

/** Substitutes variables. Everything that is wrong is in `findings`, at `spanOf` its offsets; never throws. */
export function evaluate(
  template: Template,
  scope: Scope,
  spanOf: (start: number, end: number) => Span,
  allowance: Allowance,
): Evaluation {
  const findings = template.problems.map((problem) =>
    errorAt(problem.code, problem.message, spanOf(problem.start, problem.end), problem.hint),
  )
  const output: (string | Reference)[] = []
  const run: Run = { scope, spanOf, allowance, findings, output, failed: new Set() }
  evaluateParts(run, template.parts)
  return { parts: output, findings, isComplete: findings.length === 0 && run.failed.size === 0 }
}

interface Run {
  readonly scope: Scope
  readonly spanOf: (start: number, end: number) => Span
  readonly allowance: Allowance
  readonly findings: Diagnostic[]
  readonly output: (string | Reference)[]
  /** Names that had no value for a reason that is reported elsewhere. */
  readonly failed: Set<string>
}

function evaluateParts(run: Run, parts: readonly TemplatePart[]): void {
  for (const part of parts) {
    if (typeof part === 'string') append(run.output, part)
    else evaluateExpression(run, part)
  }
}

function evaluateExpression(run: Run, expression: Expression): void {
  const span = run.spanOf(expression.start, expression.end)
  const { name, operator } = expression
  if (name.includes('.')) {
    const named = referenceOf(name, span)
    if (named.ok) run.output.push(named.reference)
    else run.findings.push(errorAt('template/reference', named.message, span, named.hint))
    return
  }
  const value = run.scope.value(name)
  if (value === 'failed') {
    run.failed.add(name)
    return
  }
  const counts = value !== undefined && !(operator?.startsWith(':') === true && isEmpty(value))
  switch (operator) {
    case undefined:
      if (value) substitute(run, value, span)
      else run.findings.push(undefinedName(name, run.scope, span))
      return
    case ':-':
    case '-':
      if (counts) substitute(run, value, span)
      else evaluateParts(run, expression.operand)
      return
    case ':+':
    case '+':
      if (counts) evaluateParts(run, expression.operand)
      return
    case ':?':
    case '?':
      if (counts) substitute(run, value, span)
      else run.findings.push(missing(run, expression, value, span))
      return
    default:
      operator satisfies never
  }
}

/** References of a value count as written where the value is used: that is the place whose reader can mend them. */
function substitute(run: Run, value: Parts, span: Span): void {
  const length = value.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : 1), 0)
  if (length > run.allowance.left) {
    if (run.allowance.left > 0) {
      const message = 'variables expand to more than 16 MiB in total'
      run.findings.push(
        errorAt('template/too-long', message, span, 'a value that contains another one twice doubles it'),
      )
    }
    run.allowance.left = 0
    return
  }
  run.allowance.left -= length
  for (const part of value) {
    if (typeof part === 'string') append(run.output, part)
    else run.output.push({ ...part, from: span })
  }
}

function append(output: (string | Reference)[], text: string): void {
  const last = output.at(-1)
  if (typeof last === 'string') output[output.length - 1] = last + text
  else if (text !== '') output.push(text)
}

function isEmpty(value: Parts): boolean {
  return value.every((part) => part === '')
}

function missing(run: Run, expression: Expression, value: Parts | undefined, span: Span): Diagnostic {
  const why: (string | Reference)[] = []
  evaluateParts({ ...run, output: why }, expression.operand)
  const reason = why.filter((part) => typeof part === 'string').join('')
  const message = `${expression.name} is ${value ? 'empty' : 'not set'}${reason === '' ? '' : `: ${reason}`}`
  return errorAt('vars/required', message, span, howToSet(expression.name))
}

/** More names than this are not compared with one that does not exist: the answer would take longer than it helps. */
const mostCandidates = 500

function undefinedName(name: string, scope: Scope, span: Span): Diagnostic {
  const known = [...scope.names()]
  const near = known.length > mostCandidates ? undefined : nearest(name, known)
  const declare = `declare it under \`vars\`, or write \${${name}:-default}, or $\${${name}} for a literal one`
  const hint = near === undefined ? declare : didYouMean(near)
  return errorAt('vars/undefined', `${name} is not defined`, span, hint)
}

export function howToSet(name: string): string {
  return `set it by --var ${name}=…, in the environment, in .env, or under \`vars\` of a profile`
}
