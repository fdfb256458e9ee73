import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LogKeeper } from './log-keeper.ts'
import type { End, HealthSpec, ServiceSpec, SlotEnvironment, SlotSpec } from './protocol.ts'
import type { Probe } from './supervise-health.ts'

/** What a replica may use of the service that it belongs to. */
export interface ReplicaContext {
  readonly state: string
  readonly service: string
  readonly generation: number
  readonly marker: string
  readonly slot: SlotSpec
  readonly environment: SlotEnvironment
  /** As they are now: restart policy, the way to stop and probes may change while a replica runs. */
  readonly spec: () => ServiceSpec
  readonly health: () => HealthSpec | undefined
  readonly logs: LogKeeper
  readonly probe: Probe
  /** Called after every change of `state()`. */
  readonly changed: () => void
  /** Comes back when nobody talks to this replica any more, or when `milliseconds` went by. */
  readonly drained: (milliseconds: number) => Promise<void>
}

/** Milliseconds. The pause doubles with each start that failed; ten healthy seconds make it short again. */
export const backOff = { first: 100, most: 30_000, healthy: 10_000 }
/** Without a health check a process counts as ready when it has lived this long: a program that cannot run ends sooner. */
export const settling = 100
/** How long a stop waits for connections through the gateway to come to rest. */
export const longestDrain = 2000

/** What the policy of a service says to an end; one that nobody saw may have been a failure. */
export function shouldRestart(policy: ServiceSpec['restart'], end: End | undefined): boolean {
  switch (policy) {
    case 'always':
      return true
    case 'on-failure':
      return end?.code !== 0
    case 'no':
      return false
    default:
      return policy satisfies never
  }
}

export function empty(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
}
