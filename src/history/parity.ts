import type { ResolvedStack } from '../resolve/resolved.ts'
import { describeStack } from './describe-stack.ts'
import type { Fields } from './fields.ts'

/** One field that means something else in two stacks. */
export interface Difference {
  /** `service api`, `volume data` … */
  readonly subject: string
  /** In the words of the stack file; empty where the whole subject is on one side only. */
  readonly field: string
  /** Undefined where it is not there. */
  readonly left: string | undefined
  readonly right: string | undefined
}

/** In the order of the left stack, then what only the right one has. */
export function differencesOf(left: ResolvedStack, right: ResolvedStack): Difference[] {
  const [one, other] = [describeStack(left), describeStack(right)]
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((subject): Difference[] => {
    const [before, after] = [one.get(subject), other.get(subject)]
    if (!before || !after) {
      return [{ subject, field: '', left: before && 'there', right: after && 'there' }]
    }
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((field) =>
      before.get(field) === after.get(field) || !counts(field, before, after)
        ? []
        : [{ subject, field, left: before.get(field), right: after.get(field) }],
    )
  })
}

/** Of a service that lives elsewhere on one side, only where it is and its ports can be compared. */
function counts(field: string, before: Fields, after: Fields): boolean {
  if (before.has('external') === after.has('external')) return true
  return field === 'external' || field === 'image' || field.startsWith('ports.')
}
