import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../../platform/engine/engine.ts'
import { runKind } from './command.ts'
import type { KindPlace } from './place.ts'

/** Deletes every node. What kind is not told of stays: the registry, the network, our own proxy. */
export async function deleteWithKind(place: KindPlace, engine: Engine, signal: AbortSignal): Promise<void> {
  const { cluster } = place.settings
  await mkdir(place.stateFolder, { recursive: true, mode: 0o700 })
  const kubeconfig = temporaryKubeconfig(place.stateFolder)
  await runKind({
    words: ['delete', 'cluster', '--name', cluster],
    env: place.env,
    engine,
    kubeconfig,
    signal,
    onLine: () => undefined,
    failure: `the cluster ${cluster} could not be deleted`,
  }).finally(() => rm(kubeconfig, { force: true }))
}

/** kind insists on writing one; ours is read from the node, so that of kind is thrown away. */
export function temporaryKubeconfig(stateFolder: string): string {
  return join(stateFolder, `kind-writes-here-${process.pid}`)
}
