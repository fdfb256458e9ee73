import type { Bench } from '../commands.ts'
import type { Scenario } from '../measure.ts'
import { cycle } from './cycle.ts'
import { editProcess } from './edit-process.ts'
import { plan } from './plan.ts'
import { processes } from './processes.ts'
import { readiness } from './readiness.ts'
import { running } from './running.ts'
import { startUp } from './start-up.ts'
import { validate } from './validate.ts'

/** Scenarios by the numbers of the rows that they measure, the quick ones first. */
export const scenarios: readonly {
  readonly numbers: readonly number[]
  readonly open: (bench: Bench) => Scenario | Promise<Scenario>
}[] = [
  { numbers: [1], open: startUp },
  { numbers: [2], open: (bench) => validate(bench, 40) },
  { numbers: [3], open: (bench) => validate(bench, 500) },
  { numbers: [5], open: (bench) => plan(bench, 40) },
  { numbers: [5], open: (bench) => plan(bench, 500) },
  { numbers: [13], open: processes },
  { numbers: [15], open: readiness },
  { numbers: [24], open: editProcess },
  { numbers: [4, 12], open: running },
  { numbers: [11], open: (bench) => cycle(bench, 10) },
  { numbers: [11, 14], open: (bench) => cycle(bench, 40) },
]
