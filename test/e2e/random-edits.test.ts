import { test } from 'vitest'
import { isDockerWanted } from './cli.ts'
import { seed } from './interruptions.ts'
import { edits, tellRandomEdits } from './random-edits.ts'

test.runIf(isDockerWanted)(
  `${String(edits)} random edits, containers restarted, killed, removed and paused, the engine stopped: all is inside in the end (S26, S124, E2E_SEED=${String(seed)})`,
  () => tellRandomEdits('compose'),
  3_600_000,
)
