import { isDeepStrictEqual } from 'node:util'

/** A part of a JSON value, or why there is none. */
export type Found =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string }

/**
 * What a JSON path (`$.items[0].id`) leads to: the value, or the list of them where the path can lead to several. Paths cannot
 * compute: neither filters nor scripts are evaluated.
 */
export async function atPath(json: unknown, path: string): Promise<Found> {
  const { JSONPath } = await import('jsonpath-plus')
  try {
    const found = JSONPath<unknown[] | undefined>({ path, json: json as object, eval: false, wrap: true })
    if (found === undefined || found.length === 0)
      return { ok: false, problem: `there is nothing at ${path}` }
    return { ok: true, value: found.length === 1 ? found[0] : found }
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    return { ok: false, problem: `${path} cannot be followed: ${why}` }
  }
}

/** Everything that is expected is there: maps may hold more, lists hold as many, and the rest is equal. */
export function occursIn(expected: unknown, actual: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((each, index) => occursIn(each, actual[index]))
    )
  }
  if (isMap(expected))
    return (
      isMap(actual) &&
      Object.entries(expected).every(
        ([key, value]) => Object.hasOwn(actual, key) && occursIn(value, actual[key]),
      )
    )
  return isDeepStrictEqual(expected, actual)
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
