import type { Materials } from '../../content/materials.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import type { RegistryCredentials } from '../../platform/engine/registry-credentials.ts'
import type { ImageBuilder } from '../../images/builder.ts'
import type { Check, ResolvedStack } from '../../resolve/resolved.ts'

/** What the compose driver is made from. It connects to nothing before it observes or applies. */
export interface ComposeOptions {
  readonly stack: ResolvedStack
  /** Closed by the driver's `close`. */
  readonly engine: Engine
  /** Holds what Docker cannot: which job ran on which kept volume, which containers were reloaded. */
  readonly memory: Memory
  readonly materials: Materials
  /** Afterwards the engine has the image under `fact.reference`. Throws StepError. */
  readonly buildImage: ImageBuilder
  /** The agent for an architecture as images name it (`amd64`): a file of this machine; undefined where there is none. */
  readonly agent?: (architecture: string) => Promise<string | undefined>
  /** Credentials for pulling from a registry's host; undefined where nobody logged in. */
  readonly credentials?: (registry: string) => Promise<RegistryCredentials | undefined>
}

/** The checks that are made from this machine; `exec` is made by the engine. */
export type NetworkCheck = Exclude<Check, { readonly kind: 'exec' }>
