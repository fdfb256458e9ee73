import type { Diagnostic, Span } from '../stack/diagnostics.ts'
import type { Health, ResourceId } from '../plan/resource.ts'
import type { Op, StepId } from '../plan/step.ts'

/**
 * Everything that can happen, told once. Plain lines, JSON Lines and the terminal UI are subscribers of these and of nothing
 * else. `at` is epoch milliseconds; names are stable and published with `iamstack schema events`.
 */
export type Event = { readonly at: number } & (
  | {
      readonly type: 'run.started'
      readonly command: string
      readonly stack: string
      readonly project: string
      readonly target: string
      readonly profiles: readonly string[]
    }
  | { readonly type: 'run.finished'; readonly exitCode: number; readonly milliseconds: number }
  | { readonly type: 'diagnostic.reported'; readonly diagnostic: Diagnostic }
  | { readonly type: 'message.reported'; readonly text: string }
  | {
      readonly type: 'plan.made'
      readonly generation: number
      readonly steps: readonly PlannedStep[]
      readonly unchanged: number
    }
  | {
      readonly type: 'step.held'
      readonly step: StepId
      readonly resource: ResourceId
      readonly reason: string
    }
  | {
      readonly type: 'step.started'
      readonly step: StepId
      readonly resource: ResourceId
      readonly op: Op
      readonly cause: string
    }
  | { readonly type: 'step.progressed'; readonly resource: ResourceId; readonly text: string }
  | {
      readonly type: 'step.finished'
      readonly step: StepId
      readonly resource: ResourceId
      readonly op: Op
      readonly milliseconds: number
    }
  | {
      readonly type: 'step.failed'
      readonly step: StepId
      readonly resource: ResourceId
      readonly op: Op
      readonly failure: Failure
    }
  | {
      readonly type: 'step.cancelled'
      readonly step: StepId
      readonly resource: ResourceId
      readonly reason: string
    }
  | {
      readonly type: 'resource.changed'
      readonly resource: ResourceId
      readonly health: Health
      readonly detail: string
      readonly replicas?: { readonly ready: number; readonly wanted: number }
      /** What somebody else changed of it, in words. */
      readonly drift?: string
      readonly facts?: Readonly<Record<string, string | number>>
    }
  | { readonly type: 'build.logged'; readonly resource: ResourceId; readonly text: string }
  | {
      readonly type: 'log.written'
      readonly service: string
      readonly replica: number
      readonly stream: 'stdout' | 'stderr'
      readonly text: string
    }
  | { readonly type: 'files.changed'; readonly paths: readonly string[] }
  | {
      readonly type: 'edit.classified'
      readonly path: string
      readonly services: readonly string[]
      readonly update: string
      readonly rule: string
    }
  | { readonly type: 'smoke.started'; readonly check: string }
  | {
      readonly type: 'smoke.passed'
      readonly check: string
      readonly milliseconds: number
      readonly tries: number
    }
  | {
      readonly type: 'smoke.failed'
      readonly check: string
      readonly milliseconds: number
      readonly failure: Failure
    }
  | { readonly type: 'url.opened'; readonly service: string; readonly port: string; readonly url: string }
  | ({ readonly type: 'forward.changed' } & ForwardFacts)
)

export interface PlannedStep {
  readonly id: StepId
  readonly resource: ResourceId
  readonly op: Op
  readonly cause: string
  readonly destroys: string | undefined
}

/** A port of a service on this machine, and who talks through it. */
export interface ForwardFacts {
  readonly service: string
  readonly port: string
  readonly url: string
  /** Connections now. */
  readonly open: number
  /** Why it leads nowhere now; undefined while it leads to the service. */
  readonly problem?: string
}

/** A failure in a form that can cross a socket. */
export interface Failure {
  readonly kind: string
  readonly message: string
  readonly evidence: readonly string[]
  readonly span?: Span
  readonly hint?: string
}

export type EventType = Event['type']
/** One event by its type, without `at`: what emitters build. */
export type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>
