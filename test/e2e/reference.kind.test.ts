import { afterAll } from 'vitest'
import { deleteKindCluster, hasKindCluster } from './clusters.ts'
import { referenceStory } from './reference-story.ts'

afterAll(() => {
  if (hasKindCluster()) deleteKindCluster()
})

referenceStory('kind')
