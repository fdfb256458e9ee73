import type { Surroundings } from '../commands/command.ts'
import type { Cluster } from '../clusters/cluster.ts'
import type { Memory } from '../memory/memory.ts'
import type { KubeClient } from '../platform/kubernetes/client.ts'
import type { Engine } from '../platform/engine/engine.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'

/** Where a stack runs and is remembered: this machine alone, or a cluster with the memory in it. */
export type Place =
  | { readonly kind: 'machine'; readonly memory: Memory }
  | {
      readonly kind: 'cluster'
      readonly memory: Memory
      readonly cluster: Cluster
      /** The API server; undefined while a cluster that we make does not exist. Opened once. */
      readonly client: () => Promise<KubeClient | undefined>
      /** Lets go of the API server; whoever asks next looks for it anew. */
      readonly forget: () => Promise<void>
      readonly close: () => Promise<void>
    }

export interface PlaceOptions {
  readonly stack: ResolvedStack
  readonly around: Surroundings
  /** The folder of this instance on this machine. */
  readonly local: Memory
  readonly engine: () => Promise<Engine>
  /** Why something takes longer than a moment. */
  readonly tell: (text: string) => void
  /** Asks the person at the terminal for something secret; undefined where there is nobody. */
  readonly prompt?: ((message: string) => Promise<string>) | undefined
  /** The cluster stands for what it could do; nothing connects to it. */
  readonly isOffline: boolean
}

/** The one place that knows which target is a cluster, and which one. Nothing is connected before it is used. */
export async function openPlace(options: PlaceOptions): Promise<Place> {
  const cluster = await clusterOf({ ...options, env: options.around.env })
  const { stack, local, around } = options
  if (!cluster) return { kind: 'machine', memory: local }
  const { openClusterMemory } = await import('../memory/cluster.ts')
  let opened: Promise<KubeClient | undefined> | undefined
  const client = (): Promise<KubeClient | undefined> => {
    if (options.isOffline) return Promise.resolve(undefined)
    const opening = (opened ??= cluster.open(around.signal))
    return opening.then(
      (found) => {
        // A cluster that is not there yet may be there after the next step.
        if (!found) opened = undefined
        return found
      },
      (error: unknown) => {
        opened = undefined
        throw error
      },
    )
  }
  const forget = async (): Promise<void> => {
    const found = await opened?.catch(() => undefined)
    opened = undefined
    found?.close()
  }
  return {
    kind: 'cluster',
    cluster,
    client,
    memory: openClusterMemory({
      local,
      client,
      namespace: stack.namespace,
      project: stack.project,
      signal: around.signal,
      tell: options.tell,
    }),
    forget,
    close: async () => {
      await forget()
      await cluster.close()
    },
  }
}

/** The cluster that the profile means; undefined for targets on this machine. */
export async function clusterOf({
  stack,
  env,
  local,
  engine,
  prompt,
}: Pick<PlaceOptions, 'stack' | 'local' | 'engine' | 'prompt'> & {
  readonly env: Surroundings['env']
}): Promise<Cluster | undefined> {
  const given = { stack, env: { ...env }, stateFolder: local.folder, engine }
  const { target } = stack.profile
  switch (target) {
    case 'process':
    case 'compose':
      return undefined
    case 'docker-desktop':
      return (await import('../clusters/docker-desktop.ts')).openDockerDesktop(given)
    case 'kind':
      return (await import('../clusters/kind.ts')).openKind(given)
    case 'kubernetes':
      return (await import('../clusters/existing.ts')).openExisting(given)
    case 'eks':
      return (await import('../clusters/eks/cluster.ts')).openEksCluster({
        ...given,
        ...(prompt && { askCode: (device: string) => prompt(`code of ${device}`) }),
      })
    default:
      return target satisfies never
  }
}
