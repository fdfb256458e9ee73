import { closest, distance } from 'fastest-levenshtein'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { UsageError } from './arguments.ts'

/** Operands that are to be services or jobs of this stack; all wrong ones are named at once. */
export function checkNames(stack: ResolvedStack, names: readonly string[]): void {
  const known = [...stack.services.keys(), ...stack.jobs.keys()]
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new UsageError(
    unknown.map((name) => `there is no service or job ${name}${suggestion(name, known)}`).join('; '),
    `the stack has ${known.join(', ')}`,
  )
}

function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const near = closest(name, known)
  return distance(name, near) <= 3 ? ` (did you mean ${near}?)` : ''
}
