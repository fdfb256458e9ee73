import type { Diagnostic } from '../diagnostics.ts'

/** More errors than anybody reads; a file full of garbage must not print a hundred thousand. */
const mostErrors = 100

/** Collects diagnostics and stops keeping them when there are too many; the rest is counted. */
export interface Findings {
  readonly add: (finding: Diagnostic) => void
  /** Nothing more is kept: what only words a finding well (the search for a near name) can be spared. */
  readonly isFull: () => boolean
  /** What was kept, and as the last one how many there were beyond it. */
  readonly all: () => Diagnostic[]
}

export function findings(limit: number = mostErrors): Findings {
  const kept: Diagnostic[] = []
  let dropped = 0
  return {
    add: (finding) => {
      if (kept.length < limit) kept.push(finding)
      else dropped++
    },
    isFull: () => kept.length >= limit,
    all: () => {
      if (dropped === 0) return kept
      const message = `${String(dropped)} more ${dropped === 1 ? 'finding is' : 'findings are'} not shown; mend these first`
      return [...kept, { code: 'schema/too-many', severity: 'error', message }]
    },
  }
}
