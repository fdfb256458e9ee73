import { rm } from 'node:fs/promises'
import type { Run } from '../../drivers/driver.ts'
import { StepError } from '../../plan/step-error.ts'
import { configFile } from './create.ts'
import { isAtWork, isOwnClaim, releaseClaim, takeClaim } from './claim.ts'
import { deleteWithKind } from './delete-nodes.ts'
import { removePorts } from './host-ports.ts'
import { forgetKubeconfig, kubeconfigFile } from './kubeconfig.ts'
import { removeLeftovers } from './leftovers.ts'
import { lookAtKind, type SeenCluster } from './look.ts'
import type { KindPlace } from './place.ts'
import { usersOf } from './users.ts'

/** Deletes a cluster of ours with all that came with it; refused while other stacks or instances of ours live in it. */
export async function deleteCluster(place: KindPlace, run: Run): Promise<void> {
  const engine = await place.engine()
  const { cluster } = place.settings
  const { signal } = run
  const seen = await lookAtKind(engine, cluster, signal)
  if (seen.kind === 'absent') {
    await forgetFiles(place.stateFolder)
    return
  }
  await mustBeOurs(place, seen, signal)
  const { claim, isOurs } = await takeClaim(engine, cluster, 'delete')
  if (!isOurs && !isOwnClaim(claim) && (await isAtWork(claim))) throw busy(cluster, claim.pid, claim.host)
  place.forgetClient()
  if (seen.nodes.length > 0) await deleteWithKind(place, engine, signal)
  await removePorts(engine, cluster)
  await removeLeftovers(engine, cluster, seen.kind === 'ours' && seen.mark.hasMadeNetwork)
  await releaseClaim(engine, cluster)
  await forgetFiles(place.stateFolder)
}

async function forgetFiles(stateFolder: string): Promise<void> {
  await forgetKubeconfig(kubeconfigFile(stateFolder))
  await rm(configFile(stateFolder), { force: true })
}

async function mustBeOurs(place: KindPlace, seen: SeenCluster, signal: AbortSignal): Promise<void> {
  const { cluster } = place.settings
  if (seen.kind === 'busy') throw busy(cluster, seen.claim.pid, seen.claim.host)
  if (seen.kind === 'foreign') {
    throw new StepError(
      'precondition',
      `iamstack did not make the kind cluster ${cluster}, and does not delete it`,
      {
        hint: `kind delete cluster --name ${cluster}`,
      },
    )
  }
  if (seen.kind !== 'ours') return
  const users = await usersOf(place, signal)
  if (users.length === 0) return
  throw new StepError('precondition', `the kind cluster ${cluster} is in use by ${users.join(', ')}`, {
    hint: 'take these down first, or delete it by hand: everything in it is lost then',
  })
}

function busy(cluster: string, pid: number, host: string): StepError {
  return new StepError(
    'precondition',
    `process ${pid} on ${host} makes or deletes the kind cluster ${cluster} just now`,
    {
      hint: 'wait until it is done, and run the command again',
      isTerminal: false,
    },
  )
}
