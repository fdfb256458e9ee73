import { createHash } from 'node:crypto'

/** 16 hex digits over the canonical form of a JSON-like value: the same content gives the same digest, whatever the key order. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16)
}

/** JSON with sorted keys; Maps count as objects, undefined members as absent. */
export function canonical(value: unknown): string {
  if (value === undefined) return 'null'
  if (value instanceof Map) return canonical(Object.fromEntries(value))
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined)
    entries.sort(([one], [other]) => (one < other ? -1 : 1))
    return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** One digest for all parts of a resource. */
export function digestOfParts(parts: Readonly<Record<string, string>>): string {
  return digest(parts)
}
