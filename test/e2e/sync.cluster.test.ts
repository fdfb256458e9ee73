import { test } from 'vitest'
import { tellSyncStory } from './sync-story.ts'

test('edits get into a running pod, and none is lost (S26, S124)', () => tellSyncStory('docker-desktop'))
