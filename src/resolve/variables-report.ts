import type { Span } from '../stack/diagnostics.ts'
import type { ResolvedStack, Variable } from './resolved.ts'
import { originInWords } from './vars.ts'

/** A row of `iamstack vars`. Values of secrets cannot occur: variables hold references to secrets at most. */
export interface VariableRow {
  readonly name: string
  /** References that only a target can resolve appear as written. */
  readonly value: string
  readonly origin: Variable['origin']
  /** The origin in words: `--var`, `the environment`, `the profile` … */
  readonly source: string
  /** Undefined for values of the environment. */
  readonly place: Span | undefined
}

/** Variables that are declared or used, by name. */
export function variablesReport(stack: Pick<ResolvedStack, 'vars'>): VariableRow[] {
  return [...stack.vars.values()]
    .map(({ name, value, origin, from }) => ({
      name,
      value,
      origin,
      source: originInWords[origin],
      place: from,
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}
