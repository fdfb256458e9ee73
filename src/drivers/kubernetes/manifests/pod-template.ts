import type { ManifestFact } from '../../facts.ts'
import { recordOf } from './kind-of.ts'

/** Where kinds keep their pods; a Pod is one itself. */
const places: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ['template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
}
/** Where all others do: Kubernetes' own, and those of others that are made like them (Argo Rollouts). */
const usualPlace = ['spec', 'template']

/** Keys that lead from an object to its pod template, whose `spec` holds containers; undefined where it has none. */
export function podTemplatePath({ kind, ...object }: ManifestFact['object']): readonly string[] | undefined {
  const path = places[kind] ?? usualPlace
  const template = valueUnder(object, path)
  return Array.isArray(recordOf(recordOf(template)['spec'])['containers']) ? path : undefined
}

export function valueUnder(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, key) => recordOf(current)[key], value)
}

/** A copy in which the value behind a path is another one; maps on the way are copied. */
export function withValueUnder<Whole>(
  whole: Whole,
  path: readonly string[],
  change: (value: unknown) => unknown,
): Whole {
  const [key, ...rest] = path
  if (key === undefined) return change(whole) as Whole
  const record = recordOf(whole)
  return { ...record, [key]: withValueUnder(record[key], rest, change) } as Whole
}
