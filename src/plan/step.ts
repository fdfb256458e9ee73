import type { Span } from '../stack/diagnostics.ts'
import type { Life, Milestone, Resource, ResourceId } from './resource.ts'

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
  /** Edited files are written into what runs, in the place of another image. */
  | (StepBase & { readonly op: 'sync'; readonly wanted: Resource; readonly sync: SyncWork })
  /** Nothing to do but to see it become what others need. */
  | (StepBase & { readonly op: 'wait'; readonly wanted: Resource })
  | (StepBase & { readonly op: 'stop' | 'delete' })

export type Op = Step['op']

/** A step that the target itself carries out; files reach what runs by a way of their own. */
export type TargetStep = Exclude<Step, { readonly op: 'sync' }>

/** What running containers of a service lack, and what is to happen inside when they have it. */
export interface SyncWork {
  readonly lives: readonly {
    readonly life: Life
    readonly files: readonly SyncFile[]
  }[]
  /** Command lines for a shell inside, in this order, before the process starts anew. */
  readonly exec: readonly string[]
  readonly then: SyncEnd
}

/** How the program comes to see what changed. */
export type SyncEnd =
  { readonly kind: 'none' | 'process' | 'container' } | { readonly kind: 'signal'; readonly signal: string }

/** One path inside a container as it should be. */
export interface SyncFile {
  /** Absolute inside the container. */
  readonly path: string
  /** Undefined: nothing should be there. */
  readonly wanted: InnerFile | undefined
}

/** A file, link or folder of this machine, as it should be inside a container. */
export interface InnerFile {
  readonly kind: 'file' | 'link' | 'directory'
  /** Absolute, on this machine. */
  readonly source: string
  /** The sha256 of a file's content in hex, the target of a link, empty for a folder. */
  readonly content: string
  /** Permission bits. */
  readonly mode: number
}

export interface Plan {
  /** Every step stands after those that it follows. */
  readonly steps: readonly Step[]
  /** Resources that are as they should be. */
  readonly unchanged: readonly ResourceId[]
  /** Things that stay although nothing wants them, in words (`volume data: kept`). */
  readonly kept: readonly { readonly resource: ResourceId; readonly why: string }[]
}
