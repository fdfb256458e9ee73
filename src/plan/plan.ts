import { changedParts, describeParts, difference, type Change } from './difference.ts'
import type { Milestone, Observed, ObservedResource, Resource, ResourceId } from './resource.ts'
import type { Plan, Step, StepId, SyncWork } from './step.ts'
import { planRemovals, type Removal } from './removals.ts'

export interface PlanInput {
  readonly desired: readonly Resource[]
  readonly observed: Observed
  /** Only these are touched; undefined means everything, and only then is anything pruned. */
  readonly selection?: ReadonlySet<ResourceId>
  /** Why these are looked at now (`src/users.ts changed`); put before what the comparison found. */
  readonly causes?: ReadonlyMap<ResourceId, string>
  /** Restart these although nothing differs. */
  readonly restart?: ReadonlyMap<ResourceId, string>
  /** Build or fetch these images although no workload asks for them (`iamstack build`). */
  readonly images?: ReadonlySet<ResourceId>
  readonly removal?: Removal
  /** Services whose other image differs in nothing but files that can be written into what runs. */
  readonly syncs?: ReadonlyMap<ResourceId, SyncWork>
}

/**
 * What is to be done so that `observed` becomes `desired`, in an order that respects needs. Pure: no clock, no I/O, and the
 * same input gives the same plan.
 */
export function plan(input: PlanInput): Plan {
  const desired = inOrderOfNeeds(input.desired)
  const changes = new Map<ResourceId, Change>()
  for (const resource of desired) {
    if (isMaterial(resource) || !isSelected(input, resource.id)) continue
    const change = changeOf(resource, input, changes)
    if (change) changes.set(resource.id, change)
  }
  // What is made from others comes last in `desired`, so here first: an image is needed only where its delivery is missing, and
  // a base only when an image that is built from it is.
  for (const resource of desired.filter(isMaterial).reverse()) {
    const change = imageChange(resource, input, desired, changes)
    if (change) changes.set(resource.id, change)
  }
  addWaits(desired, input, changes)
  const steps = desired.flatMap((resource) => {
    const change = changes.get(resource.id)
    return change ? [stepOf(resource, change, changes)] : []
  })
  const removals = planRemovals(input, steps)
  const first = removals.steps.filter(({ resource }) => resource.startsWith('gateway/'))
  return {
    steps: [
      ...first,
      ...steps.map((step) => behind(step, first)),
      ...removals.steps.filter((step) => !first.includes(step)),
    ],
    unchanged: desired
      .filter((each) => !isMaterial(each) && isSelected(input, each.id) && !changes.has(each.id))
      .map(({ id }) => id),
    kept: removals.kept,
  }
}

/** A gateway holds the ports of the services behind it, so one that goes makes room for them first. */
function behind(step: Step, gateways: readonly Step[]): Step {
  if (gateways.length === 0 || !step.resource.startsWith('service/') || step.op === 'wait') return step
  return {
    ...step,
    after: [...step.after, ...gateways.map(({ id }) => ({ step: id, until: 'completed' as const }))],
  }
}

/** Images and their deliveries are looked at only for the sake of what is about to start from them. */
function isMaterial({ kind }: Resource): boolean {
  return kind === 'image' || kind === 'delivery'
}

function isSelected(input: PlanInput, id: ResourceId): boolean {
  return input.selection === undefined || input.selection.has(id)
}

function changeOf(
  resource: Resource,
  input: PlanInput,
  changes: ReadonlyMap<ResourceId, Change>,
): Change | undefined {
  const found = difference(resource, input.observed.get(resource.id), input.syncs?.get(resource.id))
  const change = found ?? restartOf(resource, input, changes)
  const why = input.causes?.get(resource.id)
  return change && why !== undefined ? { ...change, cause: `${why}: ${change.cause}` } : change
}

function restartOf(
  resource: Resource,
  input: PlanInput,
  changes: ReadonlyMap<ResourceId, Change>,
): Change | undefined {
  const asked = input.restart?.get(resource.id)
  if (asked !== undefined) return { op: 'restart', cause: asked }
  const replaced = resource.needs.find((need) => need.cascade && isDisruptive(changes.get(need.on)))
  return replaced && { op: 'restart', cause: `${nameOf(replaced.on)} was replaced` }
}

function isDisruptive(change: Change | undefined): boolean {
  if (change?.op === 'update') return change.renews === true
  return change !== undefined && ['create', 'replace', 'restart', 'run'].includes(change.op)
}

/** An image matters only to what is about to start from it, so a plan without such work looks at none. */
function imageChange(
  image: Resource,
  input: PlanInput,
  desired: readonly Resource[],
  changes: ReadonlyMap<ResourceId, Change>,
): Change | undefined {
  const isAsked = input.images?.has(image.id) ?? false
  const isUsed = desired.some(
    (each) => startsFromImage(changes.get(each.id)) && each.needs.some((need) => need.on === image.id),
  )
  if (!isAsked && !isUsed) return undefined
  const op = image.kind === 'delivery' || image.parts['inputs'] === undefined ? 'deliver' : 'build'
  const seen = input.observed.get(image.id)
  if (seen === undefined || seen.health === 'absent') {
    return { op, cause: seen?.detail ?? causeOfAbsence(image, op) }
  }
  const changed = changedParts(image.parts, seen.parts ?? {})
  return changed.length === 0 ? undefined : { op, cause: describeParts(changed) }
}

function causeOfAbsence(image: Resource, op: 'build' | 'deliver'): string {
  if (image.kind === 'delivery') return 'not in the cluster yet'
  return op === 'build' ? 'not built yet' : 'not on this machine'
}

function startsFromImage(change: Change | undefined): boolean {
  if (change?.op === 'update') return change.bringsImage === true
  return change !== undefined && !['reload', 'sync', 'wait'].includes(change.op)
}

/** What a step needs and nobody is about to make so, is waited for: it may be starting, or be out of the selection. */
function addWaits(desired: readonly Resource[], input: PlanInput, changes: Map<ResourceId, Change>): void {
  const byId = new Map(desired.map((resource) => [resource.id, resource]))
  for (const resource of desired) {
    if (!changes.has(resource.id)) continue
    for (const need of resource.needs) {
      const needed = byId.get(need.on)
      if (!needed || isMaterial(needed) || changes.has(need.on)) continue
      const seen = input.observed.get(need.on)
      if (!reaches(seen?.health, need.until) && isSelected(input, need.on)) {
        changes.set(need.on, { op: 'wait', cause: seen?.detail ?? 'not there yet' })
      }
    }
  }
  for (const resource of desired) {
    const seen = input.observed.get(resource.id)
    if (
      !changes.has(resource.id) &&
      isSelected(input, resource.id) &&
      (seen?.health === 'starting' || seen?.health === 'degraded')
    ) {
      changes.set(resource.id, { op: 'wait', cause: seen.detail })
    }
  }
}

function reaches(health: ObservedResource['health'] | undefined, until: Milestone): boolean {
  if (health === 'ready') return true
  return until === 'started' && (health === 'starting' || health === 'degraded')
}

function stepOf(resource: Resource, change: Change, changes: ReadonlyMap<ResourceId, Change>): Step {
  const base = {
    id: stepId(change.op, resource.id),
    resource: resource.id,
    cause: change.cause,
    destroys: change.destroys,
    ...(change.guarded !== undefined && { guarded: change.guarded }),
    from: resource.from,
    wanted: resource,
    after: resource.needs.flatMap((need) => {
      const needed = changes.get(need.on)
      return needed ? [{ step: stepId(needed.op, need.on), until: need.until }] : []
    }),
  }
  switch (change.op) {
    case 'sync':
      // What runs already waits for nothing.
      return {
        ...base,
        op: change.op,
        after: [],
        sync: change.sync ?? { lives: [], exec: [], then: { kind: 'none' } },
      }
    case 'scale':
      return { ...base, op: change.op, replicas: change.replicas ?? { from: 0, to: resource.replicas ?? 1 } }
    case 'reload':
      return { ...base, op: change.op, changed: change.changed ?? [] }
    case 'wait':
    case 'create':
    case 'update':
    case 'replace':
    case 'restart':
    case 'build':
    case 'deliver':
    case 'run':
      return { ...base, op: change.op }
    default:
      return change.op satisfies never
  }
}

export function stepId(op: string, resource: ResourceId): StepId {
  return `${op} ${resource}`
}

function nameOf(id: ResourceId): string {
  return id.slice(id.indexOf('/') + 1)
}

/** Needed things first; else as they came. Cycles were refused before; here they only keep their order. */
function inOrderOfNeeds(desired: readonly Resource[]): Resource[] {
  const byId = new Map(desired.map((resource) => [resource.id, resource]))
  const ordered = new Set<Resource>()
  const entered = new Set<Resource>()
  const stack: { resource: Resource; next: number }[] = []
  for (const root of desired) {
    if (!entered.has(root)) push(root)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const need = top.resource.needs[top.next++]
      if (!need) {
        ordered.add(top.resource)
        stack.pop()
        continue
      }
      const needed = byId.get(need.on)
      if (needed && !entered.has(needed)) push(needed)
    }
  }
  return [...ordered]

  function push(resource: Resource): void {
    entered.add(resource)
    stack.push({ resource, next: 0 })
  }
}
