import { afterAll, test } from 'vitest'
import { deleteKindCluster, hasKindCluster } from './clusters.ts'
import { seed } from './interruptions.ts'
import { edits, tellRandomEdits } from './random-edits.ts'

afterAll(() => {
  if (hasKindCluster()) deleteKindCluster()
})

test(
  `${String(edits)} random edits, pods deleted and scaled: all is inside in the end (S26, S124, E2E_SEED=${String(seed)})`,
  () => tellRandomEdits('kind'),
  3_600_000,
)
