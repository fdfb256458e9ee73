import type { Driver } from '../drivers/driver.ts'
import type { Facts } from '../drivers/facts.ts'
import { guardStateful } from '../plan/guards.ts'
import { plan, type PlanInput } from '../plan/plan.ts'
import type { Observed, ObservedResource, Resource, ResourceId } from '../plan/resource.ts'
import type { Plan } from '../plan/step.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'

export interface Intent extends Omit<PlanInput, 'desired' | 'observed'> {
  /** Images that are wanted as well, once there is anything to do at all: those that smoke tests will run. */
  readonly imagesWithWork?: ReadonlySet<ResourceId>
  /** Changes what is wanted before it is compared: fewer services, another number of replicas. */
  readonly adjust?: (desired: readonly Resource[]) => readonly Resource[]
  /** In place of a look of the driver. */
  readonly observe?: () => Promise<Observed>
  /** Sees another image as files that can be written into what runs. */
  readonly weave?: (desired: readonly Resource[], observed: Observed) => Pick<PlanInput, 'observed' | 'syncs'>
}

export interface PlannedLine {
  readonly plan: Plan
  readonly desired: readonly Resource[]
  readonly observed: Observed
}

/**
 * stack + facts → desired; one look → observed; both → plan. The one line that `plan`, `up`, `down` and `dev` share. Images are
 * looked at in a second, dearer look, and only when the first plan would build or fetch one.
 */
export async function planLine(
  driver: Driver,
  stack: ResolvedStack,
  facts: Facts,
  intent: Intent,
  signal: AbortSignal,
): Promise<PlannedLine> {
  const { adjust, weave, observe, imagesWithWork, ...intended } = intent
  const wanted = guardStateful(driver.desired(stack, facts), stack)
  const desired = adjust ? adjust(wanted) : wanted
  const seen = await (observe ? observe() : driver.observe(signal))
  const woven = weave?.(desired, seen)
  const given = { ...intended, ...(woven?.syncs && { syncs: woven.syncs }) }
  const present = woven?.observed ?? seen
  const observed = given.removal?.images ? new Map([...present, ...builtImages(wanted)]) : present
  const alone = plan({ ...given, desired, observed })
  const input =
    imagesWithWork && alone.steps.length > 0
      ? { ...given, images: new Set([...(given.images ?? []), ...imagesWithWork]) }
      : given
  const first = input === given ? alone : plan({ ...input, desired, observed })
  const images = first.steps.flatMap((step) =>
    step.op === 'build' || step.op === 'deliver' ? [step.wanted] : [],
  )
  if (!driver.observeImages || images.length === 0) return { plan: first, desired, observed }
  const withImages = new Map([...observed, ...(await driver.observeImages(images, signal))])
  return { plan: plan({ ...input, desired, observed: withImages }), desired, observed: withImages }
}

/** Whoever asks for the end of our images means every build of them, so it does not matter which of them are there. */
function builtImages(wanted: readonly Resource[]): Map<ResourceId, ObservedResource> {
  const built = wanted.filter(({ kind, parts }) => kind === 'image' && parts['inputs'] !== undefined)
  return new Map(
    built.map(({ id, parts }) => [
      id,
      { id, health: 'ready', parts, replicas: undefined, detail: 'builds of ours', holdsData: undefined },
    ]),
  )
}

/** The named services and jobs with everything they need, or only themselves. */
export function selectionOf(
  desired: readonly Resource[],
  names: readonly string[],
  withNeeds: boolean,
): ReadonlySet<ResourceId> | undefined {
  if (names.length === 0) return undefined
  const byId = new Map(desired.map((resource) => [resource.id, resource]))
  const selected = new Set<ResourceId>()
  const open = desired
    .filter(({ kind, name }) => (kind === 'service' || kind === 'job') && names.includes(name))
    .map(({ id }) => id)
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (selected.has(id)) continue
    selected.add(id)
    for (const need of byId.get(id)?.needs ?? []) {
      const isPart = !need.on.startsWith('service/') && !need.on.startsWith('job/')
      if (withNeeds || isPart) open.push(need.on)
    }
  }
  return selected
}
