import { expect, test } from 'vitest'
import { checkObjects, placedObjects } from '../../src/lint/schema/check-objects.ts'
import { desiredIn } from '../drivers/kubernetes/desired-setup.ts'
import { everyFact, everyField } from '../drivers/kubernetes/desired-stacks.ts'
import { resolvedStack } from '../resolve/stack.ts'
import { brief } from './objects.ts'

const versions = ['1.28', '1.31', '1.34', '1.36']

test.each(versions)(
  'a stack that uses every field makes only objects that Kubernetes %s takes (S104)',
  async (version) => {
    const stack = await resolvedStack(everyField, { profile: 'docker-desktop' })
    const resources = desiredIn(stack, everyFact, 'docker-desktop', { ingressClass: 'skipper' })
    const objects = placedObjects(resources)
    expect(objects.length).toBeGreaterThan(10)
    expect(brief(await checkObjects(objects, { versions: { oldest: version, newest: version } }))).toBe('')
  },
)
