import type { Engine } from '../platform/engine/engine.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'

/** What every cluster is opened with. Nothing is connected before it is used. */
export interface ClusterOptions {
  readonly stack: ResolvedStack
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder of this instance, for its user alone (0700): a kubeconfig of ours goes there. */
  readonly stateFolder: string
  /** The engine of this machine; rejects with StepError where there is none. */
  readonly engine: () => Promise<Engine>
}
