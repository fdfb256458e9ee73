import type { ObservedResource, Resource, ResourceId, ResourceKind } from './resource.ts'
import type { Plan, Step } from './step.ts'

/** What becomes of things that are ours and that nothing wants any more. */
export interface Removal {
  /** Volumes to delete: none, all that may go, or these by name. The default is none. */
  readonly volumes: 'none' | 'all' | ReadonlySet<string>
  /** Names of volumes that only their own name removes (`keep: true`). */
  readonly keepVolumes: ReadonlySet<string>
  /** Delete tags of ours. The default is to leave them. */
  readonly images: boolean
  /** Delete namespaces of ours with all that is still in them. The default is to leave them. */
  readonly namespaces: boolean
  /**
   * What becomes of clusters of ours. `with-contents`: what is in them ends with them and gets no steps of its own;
   * `after-contents`: everything in them is deleted first, because it holds things outside (load balancers, disks). Default: kept.
   */
  readonly clusters: 'keep' | 'with-contents' | 'after-contents'
  /** Needs of things that are about to go, so that users of a thing go before it. */
  readonly needs: ReadonlyMap<ResourceId, readonly ResourceId[]>
  readonly cause: string
}

/** Nothing that holds data goes. */
export const keepEverything: Omit<Removal, 'cause'> = {
  volumes: 'none',
  keepVolumes: new Set(),
  images: false,
  namespaces: false,
  clusters: 'keep',
  needs: new Map(),
}

interface RemovalInput {
  readonly desired: readonly Resource[]
  readonly observed: ReadonlyMap<ResourceId, ObservedResource>
  readonly selection?: ReadonlySet<ResourceId>
  readonly removal?: Removal
}

/** Deletions, workloads before what they use, and after the steps that still need the old thing. */
export function planRemovals(
  input: RemovalInput,
  steps: readonly Step[],
): Pick<Plan, 'kept'> & { steps: Step[] } {
  if (input.selection !== undefined && input.removal === undefined) return { steps: [], kept: [] }
  const wanted = new Set(input.desired.map(({ id }) => id))
  const found = [...input.observed.values()].filter(
    ({ id, health, isRecord }) =>
      !wanted.has(id) && health !== 'absent' && isRecord !== true && isInReach(input, id),
  )
  const takesContents =
    input.removal?.clusters === 'with-contents' &&
    found.some(({ id, inUse }) => kindOf(id) === 'cluster' && inUse === undefined)
  const unwanted = takesContents ? found.filter(({ id }) => isOutside(kindOf(id))) : found
  const kept: { resource: ResourceId; why: string }[] = []
  const goes: ObservedResource[] = []
  for (const seen of unwanted) {
    const why = seen.inUse ?? reasonToKeep(seen.id, input.removal)
    if (why === undefined) goes.push(seen)
    else kept.push({ resource: seen.id, why })
  }
  const going = new Set(goes.map(({ id }) => id))
  return { kept, steps: goes.sort(byTier).map((seen) => deletion(seen, input.removal, going, steps)) }
}

/** What does not live in a cluster. */
function isOutside(kind: ResourceKind): boolean {
  return kind === 'cluster' || kind === 'image'
}

function isInReach(input: RemovalInput, id: ResourceId): boolean {
  return input.selection === undefined || input.selection.has(id)
}

function reasonToKeep(id: ResourceId, removal: Removal | undefined): string | undefined {
  const name = id.slice(id.indexOf('/') + 1)
  switch (kindOf(id)) {
    case 'volume': {
      const volumes = removal?.volumes ?? 'none'
      if (volumes === 'none') return 'a volume has a life of its own'
      if (volumes === 'all')
        return removal?.keepVolumes.has(name) ? `keep: true; only --volumes=${name} removes it` : undefined
      return volumes.has(name) ? undefined : 'not among the named volumes'
    }
    case 'image':
      return removal?.images ? undefined : 'an image serves the next start'
    case 'namespace':
      return removal?.namespaces ? undefined : 'it holds volumes and secrets that the next up needs'
    case 'cluster':
      return (removal?.clusters ?? 'keep') === 'keep' ? 'a cluster may serve more than one stack' : undefined
    case 'delivery':
    case 'network':
    case 'files':
    case 'config':
    case 'secret':
    case 'cert':
    case 'job':
    case 'service':
    case 'route':
    case 'manifest':
    case 'chart':
    case 'gateway':
      return undefined
    default:
      return undefined
  }
}

/** What uses stands before what is used. */
const tiers: Readonly<Record<ResourceKind, number>> = {
  gateway: 0,
  route: 0,
  service: 1,
  job: 1,
  manifest: 1,
  chart: 1,
  files: 2,
  config: 2,
  secret: 2,
  cert: 2,
  network: 3,
  volume: 3,
  delivery: 4,
  namespace: 4,
  cluster: 5,
  // Containers keep their image as long as they are there, also those in a namespace that ends.
  image: 6,
}

function kindOf(id: ResourceId): ResourceKind {
  return id.slice(0, id.indexOf('/')) as ResourceKind
}

function byTier(one: ObservedResource, other: ObservedResource): number {
  return tiers[kindOf(one.id)] - tiers[kindOf(other.id)] || (one.id < other.id ? -1 : 1)
}

function deletion(
  seen: ObservedResource,
  removal: Removal | undefined,
  going: ReadonlySet<ResourceId>,
  steps: readonly Step[],
): Step {
  const tier = tiers[kindOf(seen.id)]
  const users = [...going].filter((id) => removal?.needs.get(id)?.includes(seen.id))
  const above = [...going].filter((id) => tier >= 2 && tiers[kindOf(id)] < tier)
  const replaced = tier < 2 ? [] : steps.filter((step) => step.op === 'replace' || step.op === 'update')
  return {
    id: `delete ${seen.id}`,
    op: 'delete',
    resource: seen.id,
    cause: removal?.cause ?? 'no longer in the stack',
    destroys: seen.holdsData,
    from: undefined,
    after: [
      ...[...new Set([...users, ...above])].map((id) => ({
        step: `delete ${id}`,
        until: 'completed' as const,
      })),
      ...replaced.map((step) => ({ step: step.id, until: 'healthy' as const })),
    ],
  }
}
