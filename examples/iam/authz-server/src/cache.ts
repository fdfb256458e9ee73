import type { SigningKey, Snapshot } from '../../common/src/snapshot.ts'
import { preparePolicy, type PreparedPolicy } from './decide.ts'

/** What decisions are made from: one snapshot of the apiserver, in memory. */
export interface Cache {
  isLoaded(): boolean
  key(id: string): SigningKey | undefined
  policiesOf(owner: string): readonly PreparedPolicy[]
  replace(snapshot: Snapshot): void
}

export function createCache(): Cache {
  let keys: ReadonlyMap<string, SigningKey> | undefined
  let policies: ReadonlyMap<string, readonly PreparedPolicy[]> = new Map()
  return {
    isLoaded: () => keys !== undefined,
    key: (id) => keys?.get(id),
    policiesOf: (owner) => policies.get(owner) ?? [],
    replace(snapshot) {
      const byOwner = new Map<string, PreparedPolicy[]>()
      for (const { owner, policy } of snapshot.policies) {
        const own = byOwner.get(owner) ?? []
        own.push(preparePolicy(policy))
        byOwner.set(owner, own)
      }
      keys = new Map(snapshot.secrets.map((secret) => [secret.id, secret]))
      policies = byOwner
    },
  }
}
