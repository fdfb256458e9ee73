/** What one thing of a stack means: words by field, in those of the stack file. */
export type Fields = ReadonlyMap<string, string>

/** Members that are milliseconds, and members that are bytes, in everything that is resolved. */
const durations: ReadonlySet<string> = new Set(['timeout', 'grace', 'every', 'start-period'])
const sizes: ReadonlySet<string> = new Set(['memory', 'size', 'bodySize'])

/** Values as fields: structured ones by their members (`resources.limits.memory`), lists as JSON, undefined ones not at all. */
export function fieldsOf(values: Readonly<Record<string, unknown>>): Fields {
  return new Map(Object.entries(values).flatMap(([name, value]) => leavesOf(name, value)))
}

function leavesOf(name: string, value: unknown): (readonly [string, string])[] {
  if (value === undefined || value === null) return []
  if (value instanceof Map) return leavesOf(name, Object.fromEntries(value))
  if (typeof value === 'string') return [[name, value]]
  if (typeof value === 'number') return [[name, measured(name, value)]]
  if (typeof value !== 'object' || Array.isArray(value)) return [[name, JSON.stringify(value)]]
  return Object.entries(value).flatMap(([member, each]) =>
    // Where it is written is no part of what it means.
    member === 'from' ? [] : leavesOf(`${name}.${member}`, each),
  )
}

function measured(name: string, value: number): string {
  const member = name.slice(name.lastIndexOf('.') + 1)
  if (durations.has(member)) return asWritten(value, durationUnits)
  return sizes.has(member) ? asWritten(value, sizeUnits) : String(value)
}

/** From the largest, as the stack file writes them. */
const durationUnits = [
  [60_000, 'm'],
  [1000, 's'],
  [1, 'ms'],
] as const
const sizeUnits = [
  [1024 ** 3, 'Gi'],
  [1024 ** 2, 'Mi'],
  [1024, 'Ki'],
  [1, ''],
] as const

/** In the largest unit that it is a whole number of: `90s`, `512Mi`. */
function asWritten(value: number, units: readonly (readonly [number, string])[]): string {
  const [size, unit] = units.find(([each]) => value !== 0 && value % each === 0) ?? [1, '']
  return `${value / size}${unit}`
}
