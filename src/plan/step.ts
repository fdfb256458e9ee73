import type { Span } from '../stack/diagnostics.ts'
import type { Milestone, Resource, ResourceId } from './resource.ts'

/** `op kind/name`, e.g. `replace service/api`; unique in one plan. */
export type StepId = string

export interface StepBase {
  readonly id: StepId
  readonly resource: ResourceId
  /** Why, in words: `image changed`, `not there yet`, `iam-pump/src/sink.ts changed`. */
  readonly cause: string
  readonly after: readonly { readonly step: StepId; readonly until: Milestone }[]
  /** What is lost by it, in words; such a step needs consent. */
  readonly destroys: string | undefined
  /** Why it must not happen without consent although nothing is lost at once, in words. */
  readonly guarded?: string | undefined
  /** Where the stack file speaks of it; undefined for what the file no longer names. */
  readonly from: Span | undefined
}

/** What is to be done to one resource. Steps that make or change carry the resource as it should be. */
export type Step =
  | (StepBase & {
      readonly op: 'create' | 'update' | 'replace' | 'restart' | 'build' | 'deliver' | 'run'
      readonly wanted: Resource
    })
  | (StepBase & { readonly op: 'reload'; readonly wanted: Resource; readonly changed: readonly string[] })
  | (StepBase & {
      readonly op: 'scale'
      readonly wanted: Resource
      readonly replicas: { readonly from: number; readonly to: number }
    })
  /** Nothing to do but to see it become what others need. */
  | (StepBase & { readonly op: 'wait'; readonly wanted: Resource })
  | (StepBase & { readonly op: 'stop' | 'delete' })

export type Op = Step['op']

export interface Plan {
  /** Every step stands after those that it follows. */
  readonly steps: readonly Step[]
  /** Resources that are as they should be. */
  readonly unchanged: readonly ResourceId[]
  /** Things that stay although nothing wants them, in words (`volume data: kept`). */
  readonly kept: readonly { readonly resource: ResourceId; readonly why: string }[]
}
