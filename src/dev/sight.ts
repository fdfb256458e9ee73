import type { Observed } from '../plan/resource.ts'

/**
 * What the last look at the target showed, kept for as long as nothing says that it is otherwise. A plan made of it may be stale by
 * what nobody told: whoever acts on it looks again afterwards.
 */
export interface Sight {
  /** Undefined once something changed since the last look. */
  recall(): Observed | undefined
  /** Looks anew, and keeps it unless something changed meanwhile. */
  look(observe: () => Promise<Observed>): Promise<Observed>
  /** Something changed. */
  doubt(): void
  /** Nothing is kept while this changes what runs. */
  during<Result>(change: () => Promise<Result>): Promise<Result>
}

export function createSight(): Sight {
  let seen: Observed | undefined
  let changes = 0
  let underWay = 0
  const doubt = (): void => {
    changes += 1
    seen = undefined
  }
  return {
    recall: () => seen,
    async look(observe) {
      const before = changes
      const found = await observe()
      if (changes === before && underWay === 0) seen = found
      return found
    },
    doubt,
    async during(change) {
      doubt()
      underWay += 1
      try {
        return await change()
      } finally {
        underWay -= 1
        doubt()
      }
    },
  }
}
