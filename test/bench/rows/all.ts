import type { Bench } from '../commands.ts'
import type { Scenario } from '../measure.ts'
import { buildContext } from './build-context.ts'
import { cycle } from './cycle.ts'
import { editProcess } from './edit-process.ts'
import { idle } from './idle.ts'
import { kindImage } from './kind-image.ts'
import { languages } from './languages.ts'
import { logs } from './logs.ts'
import { noOpCluster } from './no-op-cluster.ts'
import { plan } from './plan.ts'
import { processes } from './processes.ts'
import { readiness } from './readiness.ts'
import { running } from './running.ts'
import { saveNoShell } from './save-no-shell.ts'
import { savePod } from './save-pod.ts'
import { saveRebuild } from './save-rebuild.ts'
import { saveRestart } from './save-restart.ts'
import { saveSync } from './save-sync.ts'
import { startUp } from './start-up.ts'
import { validate } from './validate.ts'
import { watchCorrectness } from './watch-correctness.ts'
import { watcher } from './watcher.ts'

/** Scenarios by the numbers of the rows that they measure, the quick ones first. */
export const scenarios: readonly {
  /** Or the name of a group that is no row of the targets. */
  readonly numbers: readonly (number | 'languages')[]
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
  { numbers: [6], open: saveSync },
  { numbers: [7], open: saveNoShell },
  { numbers: [8], open: saveRestart },
  { numbers: [9], open: saveRebuild },
  { numbers: [10], open: buildContext },
  { numbers: [17], open: watcher },
  { numbers: [18], open: watchCorrectness },
  { numbers: [20], open: logs },
  { numbers: [22], open: savePod },
  { numbers: [4, 12], open: running },
  { numbers: [11], open: (bench) => cycle(bench, 10) },
  { numbers: [11, 14], open: (bench) => cycle(bench, 40) },
  { numbers: [19], open: idle },
  { numbers: [23], open: noOpCluster },
  { numbers: [21], open: kindImage },
  { numbers: ['languages'], open: (bench) => languages(bench, 'process') },
  { numbers: ['languages'], open: (bench) => languages(bench, 'compose') },
  { numbers: ['languages'], open: (bench) => languages(bench, 'docker-desktop') },
  { numbers: ['languages'], open: (bench) => languages(bench, 'kind') },
]
