import { afterAll } from 'vitest'
import { deleteKindCluster, hasKindCluster } from '../e2e/clusters.ts'
import { contract } from './suite.ts'

afterAll(() => {
  if (hasKindCluster()) deleteKindCluster()
})

contract('kind')
