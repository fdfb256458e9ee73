import type { Health, ObservedResource, ResourceId } from '../../../plan/resource.ts'
import { fieldsOf } from '../diagnose/json.ts'
import { partsAnnotation } from '../labels.ts'
import { objectsAnnotation } from './annotations.ts'
import { driftOf } from './drift.ts'
import type { Found } from './look.ts'

/** What one look shows of a resource beside its parts. */
export interface Sight {
  readonly health: Health
  readonly detail: string
  readonly replicas?: ObservedResource['replicas']
  readonly facts?: NonNullable<ObservedResource['facts']>
  readonly holdsData?: string | undefined
}

/** The object that carries the description of a resource. */
export function firstOf(group: readonly Found[]): Found | undefined {
  return group.find(({ object }) => object.metadata.annotations?.[partsAnnotation] !== undefined)
}

/**
 * A resource from its objects. One whose first object is missing, or about to go, is only traces: it is applied last, so whatever
 * was interrupted before shows.
 */
export function seen(id: ResourceId, group: readonly Found[], sight: Sight): ObservedResource {
  const first = firstOf(group)
  const base = {
    id,
    replicas: sight.replicas,
    holdsData: sight.holdsData,
    ...(sight.facts && { facts: sight.facts }),
  }
  if (!first || first.object.metadata.deletionTimestamp !== undefined) {
    const detail = first ? 'is being deleted' : 'only parts of it are there'
    return { ...base, health: 'failed', parts: {}, detail, isTrace: true }
  }
  return {
    ...base,
    health: sight.health,
    detail: sight.detail,
    parts: textsIn(first.object.metadata.annotations?.[partsAnnotation]),
    drift: missingObjects(first, group) ?? firstDrift(group),
  }
}

/** Texts by name from an annotation; undefined when it is not what we wrote. */
export function textsIn(json: string | undefined): Record<string, string> | undefined {
  if (json === undefined) return undefined
  try {
    const entries = Object.entries(fieldsOf(JSON.parse(json)))
    return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]))
  } catch {
    // Whoever edits an annotation may write anything: then nothing is known.
    return undefined
  }
}

export function nameOf({ object }: Found): string {
  return `${object.kind}/${object.metadata.name}`
}

/** Secondary objects that somebody deleted, or that an interrupted change left behind. */
function missingObjects(first: Found, group: readonly Found[]): string | undefined {
  const recorded = first.object.metadata.annotations?.[objectsAnnotation]
  if (recorded === undefined) return undefined
  let expected: readonly string[]
  try {
    const list: unknown = JSON.parse(recorded)
    expected = Array.isArray(list) ? list.map(String) : []
  } catch {
    // As above: nothing is known.
    return undefined
  }
  const there = new Set(group.map(nameOf))
  const gone = expected.find((name) => !there.has(name))
  if (gone !== undefined) return `${gone.replace('/', ' ')} is gone`
  const left = group.find((each) => each !== first && !expected.includes(nameOf(each)))
  return left && `${nameOf(left).replace('/', ' ')} is left over`
}

function firstDrift(group: readonly Found[]): string | undefined {
  for (const each of group) {
    const drift = driftOf(each.object)
    if (drift === undefined) continue
    return group.length === 1 ? drift : `${nameOf(each).replace('/', ' ')}: ${drift}`
  }
  return undefined
}
