import { test } from 'vitest'
import { seed } from './interruptions.ts'
import { edits, tellRandomEdits } from './random-edits.ts'

test(
  `${String(edits)} random edits, and pods deleted: all is inside in the end (S26, S124, E2E_SEED=${String(seed)})`,
  () => tellRandomEdits('docker-desktop'),
  3_600_000,
)
