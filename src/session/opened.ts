import type { Driver } from '../drivers/driver.ts'
import type { KeepingFiles } from '../history/kept-files.ts'
import type { Facts } from '../drivers/facts.ts'
import type { Memory } from '../memory/memory.ts'
import type { Materials } from '../content/materials.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import type { Reference } from '../resolve/text.ts'
import type { Diagnostic } from '../stack/diagnostics.ts'
import type { Event } from '../state/events.ts'
import type { Store } from '../state/store.ts'
import type { Gathered, Purpose } from './gather.ts'

/** A stack with its target at hand: what every command but the purely textual ones works with. */
/** For who gathers again and again. */
export interface GatherHurry {
  /** Digests of files are kept for the next command: takes the end of that, to be waited for afterwards. */
  readonly later: (kept: Promise<void>) => void
  /** Manifests and charts are not read again: an edit of theirs makes another stack. */
  readonly keepsObjects: boolean
}

export interface Opened {
  readonly stack: ResolvedStack
  readonly driver: Driver
  readonly memory: Memory
  readonly materials: Materials
  readonly store: Store
  /** Hides every known secret, then tells the store. */
  readonly emit: (event: Event) => void
  /** The text without any known secret: for whatever reaches a stream without being an event. */
  readonly redact: (text: string) => string
  /** What a reference means on this machine, or inside a service. */
  readonly lookup: (reference: Reference, service: string | undefined) => Promise<string>
  /** Warnings about the stack on this target. */
  readonly warnings: readonly Diagnostic[]
  /** What the stack and its configs were read from, with what was read of it. */
  readonly files: KeepingFiles
  /** Files whose change or appearance makes another stack. */
  readonly watch: readonly string[]
  /**
   * What planning needs to know of files, secrets and ports. `change` may make what is missing: generated secrets,
   * certificates, ports; `look` writes nothing and asks nobody; `check` reads nothing but the user's files.
   */
  gather(purpose: Purpose, hurry?: GatherHurry): Promise<Facts>
  /** What was gathered last, with what images are made of. */
  gathered(): Gathered | undefined
  /** Makes the redactor know every secret that can be had without asking: before application logs are shown. */
  recallSecrets(): Promise<void>
  /** Reads the files again; undefined when they are broken, after every finding was told. The old one stays open. */
  reload(): Promise<Opened | undefined>
  close(): Promise<void>
}
