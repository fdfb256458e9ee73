type Value = { readonly kind: 'text'; text: string } | { readonly kind: 'list'; items: string[] }

interface Entry {
  readonly value: Value
  /** Milliseconds since 1970; undefined for never. */
  expiresAt: number | undefined
}

/** A command was used on a value of the other kind. */
export class WrongKindError extends Error {
  constructor() {
    super('WRONGTYPE Operation against a key holding the wrong kind of value')
  }
}

/** Keys in memory, which vanish at their time and with the program. */
export interface Store {
  getText(key: string): string | undefined
  setText(key: string, text: string, lifetime: number | undefined): void
  has(key: string): boolean
  delete(key: string): boolean
  expire(key: string, lifetime: number): boolean
  /** Milliseconds left; undefined for never. */
  lifetime(key: string): number | undefined
  /** The list at a key; empty, and not stored, where there is none. */
  list(key: string): readonly string[]
  setList(key: string, items: readonly string[]): void
}

export function createStore(now: () => number = Date.now): Store {
  const entries = new Map<string, Entry>()
  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry?.expiresAt === undefined || entry.expiresAt > now()) return entry
    entries.delete(key)
    return undefined
  }
  return {
    getText(key) {
      const value = find(key)?.value
      if (value && value.kind !== 'text') throw new WrongKindError()
      return value?.text
    },
    setText(key, text, lifetime) {
      const expiresAt = lifetime === undefined ? undefined : now() + lifetime
      entries.set(key, { value: { kind: 'text', text }, expiresAt })
    },
    has: (key) => find(key) !== undefined,
    delete: (key) => find(key) !== undefined && entries.delete(key),
    expire(key, lifetime) {
      const entry = find(key)
      if (entry) entry.expiresAt = now() + lifetime
      return entry !== undefined
    },
    lifetime(key) {
      const expiresAt = find(key)?.expiresAt
      return expiresAt === undefined ? undefined : expiresAt - now()
    },
    list(key) {
      const value = find(key)?.value
      if (value && value.kind !== 'list') throw new WrongKindError()
      return value?.items ?? []
    },
    setList(key, items) {
      const expiresAt = find(key)?.expiresAt
      if (items.length === 0) entries.delete(key)
      else entries.set(key, { value: { kind: 'list', items: [...items] }, expiresAt })
    },
  }
}
