import { listContainers } from '../../platform/engine/containers.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { EngineError } from '../../platform/engine/errors.ts'
import { removeNetwork } from '../../platform/engine/networks.ts'
import { listVolumes } from '../../platform/engine/volumes.ts'
import { registryName, removeRegistry } from '../images/registry.ts'
import { clusterLabel, kindLabel, kindNetwork } from './labels.ts'
import { readMark } from './mark.ts'

/** What serves all clusters goes with the last of them. */
export async function removeLeftovers(
  engine: Engine,
  cluster: string,
  isNetworkOurs: boolean,
): Promise<void> {
  // Also after an interruption: then with a short time of its own.
  const signal = AbortSignal.timeout(30_000)
  const others = await listContainers(engine, [kindLabel.cluster], signal)
  const planes = others.filter(({ Labels }) => Labels[kindLabel.role] === 'control-plane')
  const marks = await Promise.all(planes.map(({ Id }) => readMark(engine, Id, signal)))
  // Another cluster may be in the making, and have no mark yet.
  const claims = await listVolumes(engine, [clusterLabel.claim], signal)
  const isAlone = claims.every(({ Labels }) => Labels?.[clusterLabel.claim] === cluster)
  if (isAlone && !marks.some((mark) => mark?.registry === registryName)) await removeRegistry(engine)
  if (!isNetworkOurs || others.length > 0) return
  try {
    await removeNetwork(engine, kindNetwork)
  } catch (error) {
    // Something of somebody else is attached to it, or it is gone.
    if (!(error instanceof EngineError) || ![403, 404].includes(error.status)) throw error
  }
}
