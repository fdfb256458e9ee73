import type { Policy } from './policy.ts'

/** What the authz-server holds in memory, as the apiserver hands it out. */
export interface Snapshot {
  readonly secrets: readonly SigningKey[]
  readonly policies: readonly { readonly owner: string; readonly policy: Policy }[]
}

/** The key behind a token's `kid`, and whose it is. */
export interface SigningKey {
  readonly id: string
  readonly owner: string
  readonly key: string
  /** ISO 8601; empty for never. */
  readonly expiresAt: string
}
