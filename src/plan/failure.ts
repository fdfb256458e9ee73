import type { Failure } from '../state/events.ts'
import type { StepError } from './step-error.ts'

/** The error in the form that events carry. */
export function failureOf(error: StepError): Failure {
  return {
    kind: error.kind,
    message: error.message,
    evidence: error.evidence,
    ...(error.span && { span: error.span }),
    ...(error.hint !== undefined && { hint: error.hint }),
  }
}
