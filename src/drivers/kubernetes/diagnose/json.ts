/** Fields of an object that nothing is known of yet. */
export type Fields = Readonly<Record<string, unknown>>

/** Empty where there is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The objects of a list; empty where there is none. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : []
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Zero where there is no number: the API leaves zeros out. */
export function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** What lies below a path of fields. */
export function below(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => fieldsOf(inner)[key], value)
}
