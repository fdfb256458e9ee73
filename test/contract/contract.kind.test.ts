import { afterAll, test } from 'vitest'
import { deleteKindCluster, hasKindCluster } from '../e2e/clusters.ts'
import { seed } from '../e2e/interruptions.ts'
import { edits, tellRandomEdits } from '../e2e/random-edits.ts'
import { contract } from './suite.ts'

afterAll(() => {
  if (hasKindCluster()) deleteKindCluster()
})

contract('kind')

// Here, because the cluster is there.
test(
  `${String(edits)} random edits, and pods deleted: all is inside in the end (S26, S124, E2E_SEED=${String(seed)})`,
  () => tellRandomEdits('kind'),
  3_600_000,
)
