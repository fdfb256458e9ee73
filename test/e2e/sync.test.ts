import { test } from 'vitest'
import { isDockerWanted } from './cli.ts'
import { tellSyncStory } from './sync-story.ts'

test.runIf(isDockerWanted)('edits get into a running container, and none is lost (S26, S124)', () =>
  tellSyncStory('compose'),
)
