import type { Health, ResourceId } from '../plan/resource.ts'
import type { Op } from '../plan/step.ts'
import type { Diagnostic } from '../stack/diagnostics.ts'
import type { Failure, ForwardFacts, PlannedStep } from './events.ts'

/** Everything that is known about one run, made of events alone; every view is a function of it. */
export interface State {
  readonly run:
    | {
        readonly command: string
        readonly stack: string
        readonly project: string
        readonly target: string
        readonly profiles: readonly string[]
        readonly startedAt: number
      }
    | undefined
  readonly exitCode: number | undefined
  readonly generation: number
  /** What the last plan wanted done. */
  readonly plan: readonly PlannedStep[]
  readonly resources: ReadonlyMap<ResourceId, ResourceState>
  readonly smoke: ReadonlyMap<string, SmokeState>
  readonly urls: readonly { readonly service: string; readonly port: string; readonly url: string }[]
  /** By `service:port`. */
  readonly forwards: ReadonlyMap<string, ForwardFacts>
  readonly diagnostics: readonly Diagnostic[]
}

export interface ResourceState {
  readonly id: ResourceId
  readonly health: Health
  readonly detail: string
  /** What is being done to it now, and why. */
  readonly step: { readonly op: Op; readonly cause: string; readonly since: number } | undefined
  /** What was done to it last, and why; `milliseconds` is how long that took. */
  readonly last:
    | { readonly op: Op; readonly cause: string; readonly milliseconds: number; readonly at: number }
    | undefined
  /** Why it does not go on. */
  readonly hold: string | undefined
  readonly failure: Failure | undefined
  /** How far a long step is. */
  readonly progress: string | undefined
  readonly replicas: { readonly ready: number; readonly wanted: number } | undefined
  /** What somebody else changed of it, in words. */
  readonly drift: string | undefined
  readonly facts: Readonly<Record<string, string | number>>
  /** Epoch milliseconds since when its health is what it is. */
  readonly since: number
  /** Epoch milliseconds of the last change. */
  readonly changedAt: number
}

export interface SmokeState {
  readonly outcome: 'running' | 'passed' | 'failed'
  readonly milliseconds: number | undefined
  readonly failure: Failure | undefined
  readonly at: number
}

export const initialState: State = {
  run: undefined,
  exitCode: undefined,
  generation: 0,
  plan: [],
  resources: new Map(),
  smoke: new Map(),
  urls: [],
  forwards: new Map(),
  diagnostics: [],
}
