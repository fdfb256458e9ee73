import { plan } from '../plan/plan.ts'
import type { Observed, Resource } from '../plan/resource.ts'
import { demandConsent, execute, preflight, type ExecuteOptions } from './execute.ts'
import type { Opened } from './opened.ts'
import type { Outcome } from '../plan/execute.ts'

/**
 * Makes what must be there before the rest of the target can be looked at, as a plan of its own: a cluster. Its creation takes
 * a while, so images are built beside it. Undefined when there was nothing to do.
 */
export async function layFoundation(
  opened: Opened,
  isAgreed: boolean,
  options: ExecuteOptions,
): Promise<Outcome | undefined> {
  const { driver, stack } = opened
  const ground = driver.foundation?.(stack) ?? []
  if (ground.length === 0) return undefined
  const observed = await driver.observe(options.signal)
  const ids = new Set(ground.map(({ id }) => id))
  const alone = plan({ desired: ground, observed, selection: ids })
  if (alone.steps.length === 0) return undefined
  demandConsent(alone, isAgreed, stack.profile.isProtected)
  await preflight(opened, alone, options.signal)
  const images = alone.steps.some(({ op }) => op === 'create') ? await builtImages(opened) : []
  const seen: Observed = (await driver.observeImages?.(images, options.signal)) ?? new Map()
  return execute(
    opened,
    plan({
      desired: [...ground, ...images],
      observed: new Map([...observed, ...seen]),
      selection: ids,
      images: new Set(images.map(({ id }) => id)),
    }),
    options,
  )
}

/** What the stack builds and something of it runs, with what these are built from. */
async function builtImages(opened: Opened): Promise<Resource[]> {
  const desired = opened.driver.desired(opened.stack, await opened.gather('look'))
  const needed = new Set(desired.flatMap(({ needs }) => needs.map(({ on }) => on)))
  return desired.filter(
    ({ id, kind, parts }) => kind === 'image' && parts['inputs'] !== undefined && needed.has(id),
  )
}
