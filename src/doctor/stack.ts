import { locationOf, type Diagnostic } from '../stack/diagnostics.ts'
import { ok, problem, warning, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** Without a stack the machine alone is looked at, which is no fault of it unless a file was asked for. */
export function checkStackFile({ stack }: Subject): Observation[] {
  switch (stack.kind) {
    case 'absent':
      return stack.isAsked
        ? [problem(stack.why.message, stack.why.hint)]
        : [warning(`${stack.why.message}: only the machine is looked at`, stack.why.hint ?? 'iamstack init')]
    case 'unreadable':
      return [problem(stack.why.message, stack.why.hint)]
    case 'invalid':
      return stack.findings.map(observed)
    case 'valid':
      return [ok(`${stack.file} is valid`), ...stack.warnings.map(observed)]
    default:
      return stack satisfies never
  }
}

export function observed({ severity, message, span, hint, code }: Diagnostic): Observation {
  const text = span ? `${locationOf(span)} ${message}` : message
  return severity === 'error'
    ? problem(text, hint)
    : warning(text, hint ?? `iamstack validate shows the place (${code})`)
}

export function checkTarget({ target }: Subject): Observation[] {
  if (target.error) return [problem(target.error.message, target.error.hint)]
  switch (target.name) {
    case 'process':
    case 'compose':
    case 'docker-desktop':
    case 'kind':
    case 'kubernetes':
    case 'eks':
      return [ok(`${target.name}: ${target.why}`)]
    default:
      return target.name satisfies never
  }
}
