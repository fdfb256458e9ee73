import type { ObservedResource, Resource, UpdateOp } from './resource.ts'
import type { Step, SyncWork } from './step.ts'

/** What is to be done to one resource, before it is known what that comes after. */
export interface Change {
  readonly op: Exclude<Step['op'], 'stop' | 'delete'>
  readonly cause: string
  readonly destroys?: string | undefined
  readonly guarded?: string | undefined
  /** An update in place that brings another image, as a rolling one does. */
  readonly bringsImage?: boolean
  /** An update in place that renews what runs. */
  readonly renews?: boolean
  readonly changed?: readonly string[]
  readonly replicas?: { readonly from: number; readonly to: number }
  readonly sync?: SyncWork
}

/** What the comparison of one resource with what was seen of it asks for; undefined when it is as it should be. */
export function difference(
  resource: Resource,
  seen: ObservedResource | undefined,
  sync: SyncWork | undefined,
): Change | undefined {
  const makes = resource.kind === 'job' ? 'run' : 'create'
  if (seen === undefined || seen.health === 'absent' || seen.isTrace)
    return { op: makes, cause: 'not there yet' }
  if (seen.parts === undefined)
    return { op: 'replace', cause: 'carries no description of ours', destroys: seen.holdsData }
  const changed = changedParts(resource.parts, seen.parts)
  if (sync && changed.every(({ part }) => part === imagePart))
    return { op: 'sync', cause: describeSync(sync), sync }
  if (changed.length > 0)
    return { ...updateFor(resource, seen, changed), guarded: guardOf(resource, changed) }
  if (seen.lives?.some(({ isEdited }) => isEdited))
    return {
      ...updateFor(resource, seen, [{ part: imagePart, what: 'changed' }]),
      cause: 'edited in place by dev',
    }
  if (seen.drift !== undefined)
    return { op: 'update', cause: `changed by hand: ${seen.drift}`, bringsImage: true }
  if (seen.health === 'failed') return { op: resource.kind === 'job' ? 'run' : 'restart', cause: seen.detail }
  const total = seen.replicas?.total
  if (resource.replicas !== undefined && total !== undefined && total !== resource.replicas) {
    return {
      op: 'scale',
      cause: `${total} of ${resource.replicas} replicas`,
      replicas: { from: total, to: resource.replicas },
    }
  }
  return undefined
}

/** Under this name a workload's image is one of its parts, on every target. */
const imagePart = 'image'

/** Parts with images in them: the workload's own, and those of the steps before its start. */
const bringingParts: ReadonlySet<string> = new Set([imagePart, 'init'])

function describeSync({ lives }: SyncWork): string {
  const count = new Set(lives.flatMap(({ files }) => files.map(({ path }) => path))).size
  const where = lives.length === 1 ? '' : ` into ${lives.length} replicas`
  return `${count === 1 ? '1 file' : `${count} files`}${where}`
}

interface PartChange {
  readonly part: string
  readonly what: 'changed' | 'added' | 'removed'
}

/** Parts that are not alike, those first that are wanted. */
export function changedParts(
  wanted: Readonly<Record<string, string>>,
  seen: Readonly<Record<string, string>>,
): PartChange[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(seen)])]
  return names.flatMap((part): PartChange[] => {
    if (wanted[part] === seen[part]) return []
    if (wanted[part] === undefined) return [{ part, what: 'removed' }]
    return [{ part, what: seen[part] === undefined ? 'added' : 'changed' }]
  })
}

const dearestFirst: readonly UpdateOp[] = ['replace', 'restart', 'reload', 'update', 'scale']

function updateFor(resource: Resource, seen: ObservedResource, changed: readonly PartChange[]): Change {
  const cause = describeParts(changed)
  if (resource.kind === 'job') return { op: 'run', cause }
  const asked = changed.map(
    ({ part }) =>
      resource.updates[part] ?? resource.updates[firstWord(part)] ?? resource.updates['*'] ?? 'replace',
  )
  const op = dearestFirst.find((each) => asked.includes(each)) ?? 'replace'
  const replicas = { from: seen.replicas?.total ?? 0, to: resource.replicas ?? 1 }
  switch (op) {
    case 'replace':
      return { op, cause, destroys: seen.holdsData }
    case 'scale':
      return { op, cause: `${replicas.from} → ${replicas.to} replicas`, replicas }
    case 'reload':
      return { op, cause, changed: changed.map(({ part }) => part) }
    case 'restart':
      return { op, cause }
    case 'update':
      return {
        op,
        cause,
        bringsImage: changed.some(({ part }) => bringingParts.has(firstWord(part))),
        renews: resource.isRenewedByUpdates === true,
      }
    default:
      return op satisfies never
  }
}

/** `image changed`, `env and config app changed, secret db added`. */
export function describeParts(changed: readonly PartChange[]): string {
  const groups = (['changed', 'added', 'removed'] as const).flatMap((what) => {
    const parts = changed.filter((each) => each.what === what).map(({ part }) => part)
    return parts.length === 0 ? [] : [`${listed(parts)} ${what}`]
  })
  return groups.join(', ')
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

/** Only a changed value is guarded: one that is new finds no old data. */
function guardOf(resource: Resource, changed: readonly PartChange[]): string | undefined {
  const guarded = changed
    .filter(({ what }) => what === 'changed')
    .map(({ part }) => resource.guards?.[part] ?? resource.guards?.[firstWord(part)])
  return guarded.find((why) => why !== undefined)
}

function firstWord(part: string): string {
  return part.split(' ', 1)[0] ?? part
}
