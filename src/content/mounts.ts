import type { Mount, ResolvedStack } from '../resolve/resolved.ts'
import type { Reference } from '../resolve/text.ts'
import type { Facts } from '../drivers/facts.ts'
import type { Materials } from './materials.ts'

/** A file as it must lie in a mount of one consumer. */
export interface MountFile {
  /** Relative to the mount's path; empty for a file mount, where the mount's path is the file. */
  readonly path: string
  readonly bytes: Uint8Array
  /** Permission bits, e.g. 0o400. */
  readonly mode: number
  readonly isSecret: boolean
}

/** The kinds of mount whose content is made by us. */
export type ContentMount = Extract<Mount, { readonly kind: 'config' | 'secret' | 'cert' }>

/** How a consumer's mounts are filled; the same for every target, only `lookup` (what references mean there) differs. */
export type FillMount = (
  mount: ContentMount,
  context: {
    readonly stack: ResolvedStack
    readonly facts: Facts
    readonly materials: Materials
    readonly lookup: (reference: Reference) => string
  },
) => Promise<MountFile[]>
