import type { ChartFact, ImageFact, ManifestFact } from '../drivers/facts.ts'
import type { ResourceId } from '../plan/resource.ts'
import type { Op } from '../plan/step.ts'
import type { Target } from '../resolve/resolved.ts'

/**
 * What was brought up, as the inputs that it was made from: a later version of iamstack makes of them what it makes of a stack.
 * Secrets are in it by name only. Paths are relative to the folder of the stack file, so that any checkout can use it.
 */
export interface Revision {
  readonly form: 1
  /** Counts up; never given again while any revision is kept. */
  readonly number: number
  /** Epoch milliseconds. */
  readonly at: number
  /** `user@host`. */
  readonly by: string
  /** `up api`, `rollback 2`. */
  readonly command: string
  readonly result: RevisionResult
  readonly project: string
  readonly target: Target
  /** As they were selected; empty where none was. */
  readonly profiles: readonly string[]
  /** The stack file. */
  readonly entry: string
  readonly inputs: KeptFiles
  readonly set: readonly string[]
  /** What was set to a value that holds a secret, which is not kept. */
  readonly secretSets: readonly string[]
  /** Values from outside of the files, by variable. */
  readonly variables: Readonly<Record<string, string>>
  /** Variables from outside whose value holds a secret: taken anew when they are needed again. */
  readonly secretVariables: readonly string[]
  readonly facts: KeptFacts
  /** What was done, but for images and waiting. */
  readonly changes: readonly Change[]
  /** Undefined where there is no git or no repository. */
  readonly commit: Commit | undefined
}

export type RevisionResult = 'ok' | 'smoke failed'

/** Files by path; what is not among them was not there. */
export interface KeptFiles {
  readonly files: Readonly<Record<string, KeptFile>>
  /** What the patterns of configs named, in order. */
  readonly patterns: Readonly<Record<string, readonly { readonly file: string; readonly path: string }[]>>
}

/** Base64 where it is not UTF-8. */
export type KeptFile = { readonly text: string } | { readonly base64: string }

/** Facts that were computed from files of which no copy is kept. */
export interface KeptFacts {
  readonly images: Readonly<Record<string, ImageFact>>
  readonly manifests: readonly ManifestFact[]
  readonly charts: Readonly<Record<string, ChartFact>>
}

export interface Change {
  readonly resource: ResourceId
  readonly op: Op
  readonly cause: string
}

export interface Commit {
  /** 12 hex digits. */
  readonly id: string
  /** Files under version control differed from it. */
  readonly isDirty: boolean
}

/** Undefined for a value that is no revision, or one of a form that is not known here. */
export function revisionIn(value: unknown): Revision | undefined {
  return typeof value === 'object' && value !== null && 'form' in value && value.form === 1
    ? (value as Revision)
    : undefined
}
