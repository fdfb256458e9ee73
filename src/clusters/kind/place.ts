import type { KubeClient } from '../../platform/kubernetes/client.ts'
import type { ClusterOptions } from '../options.ts'
import type { Fields, KindSettings } from '../settings.ts'

/** What making, changing and deleting a kind cluster needs. */
export interface KindPlace extends ClusterOptions {
  readonly settings: KindSettings
  /** Of the API server; undefined while there is no finished cluster. */
  readonly client: (signal: AbortSignal) => Promise<KubeClient | undefined>
  /** The cluster is another one from now on: the next `client` connects anew. */
  readonly forgetClient: () => void
  /** The user's own kind configuration. */
  readonly base: () => Promise<Fields>
}
