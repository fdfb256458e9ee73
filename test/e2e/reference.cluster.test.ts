import { referenceStory } from './reference-story.ts'

referenceStory('docker-desktop')
