import type { Diagnostic, Severity, Span } from '../stack/diagnostics.ts'

/** How grave a finding is, in the words of kube-score. */
export type Level = 'CRITICAL' | 'WARNING' | 'INFO'

/** One thing that lint looks for. */
export interface Rule {
  /** `DF001` of a Dockerfile, `KM001` of a Kubernetes object, `ST001` of the stack. Never given to another rule. */
  readonly id: string
  /** The same for people; kube-score's own name where it has the check. */
  readonly name: string
  readonly level: Level
  /** What is wrong, in one sentence for a list of rules. */
  readonly summary: string
}

export function rule(id: string, name: string, level: Level, summary: string): Rule {
  return { id, name, level, summary }
}

/** One place where a rule is broken. */
export interface Finding {
  readonly rule: Rule
  /** What it is about: `Deployment web, container app`, `image app`, `service api`. */
  readonly subject: string
  readonly message: string
  readonly hint?: string
  readonly span: Span
  /** Where a comment may also ignore it: the head of the object that the place is in. */
  readonly head?: Span
}

/** A finding that the user has accepted, and why. */
export interface Suppressed extends Finding {
  readonly reason: string
}

export const levels: readonly Level[] = ['CRITICAL', 'WARNING', 'INFO']

export function severityOf(level: Level): Severity {
  switch (level) {
    case 'CRITICAL':
      return 'error'
    case 'WARNING':
      return 'warning'
    case 'INFO':
      return 'info'
    default:
      return level satisfies never
  }
}

export function asDiagnostic({ rule, subject, message, hint, span }: Finding): Diagnostic {
  return {
    code: `lint/${rule.id}`,
    severity: severityOf(rule.level),
    message: `${subject}: ${message} (${rule.name})`,
    span,
    ...(hint !== undefined && { hint }),
  }
}
