import type { Facts } from '../drivers/facts.ts'
import { StepError } from '../plan/step-error.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { UsageError } from './arguments.ts'

/** `--image SERVICE=REFERENCE`: runs exactly what somebody else built; every service of that image follows. */
export function withImages(facts: Facts, stack: ResolvedStack, asked: readonly string[]): Facts {
  if (asked.length === 0) return facts
  const images = new Map(facts.images)
  for (const text of asked) {
    const [service = '', ...rest] = text.split('=')
    const reference = rest.join('=')
    if (reference === '') throw new UsageError(`--image ${text}: expected SERVICE=REFERENCE`)
    const source = stack.services.get(service)?.image
    if (source?.kind !== 'built') {
      throw new StepError('precondition', `--image: ${service} does not run an image of this stack`, {
        hint: 'name a service whose `image` stands under `images`',
      })
    }
    const fact = facts.images.get(source.image)
    if (fact) images.set(source.image, { ...fact, reference, hash: reference, isGiven: true })
  }
  return { ...facts, images }
}
