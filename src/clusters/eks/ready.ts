import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../../drivers/driver.ts'
import type { Resource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { KubeError, type KubeClient } from '../../platform/kubernetes/client.ts'
import type { EksSettings } from './settings.ts'
import { ensureStorageClass } from './storage.ts'
import { stackName } from './templates/names.ts'

/** Milliseconds between two looks. */
const pause = 1000
/** Milliseconds: a name of a new endpoint travels through the DNS, and EKS lets its maker in a little later. */
const patience = 2 * 60_000

/**
 * CloudFormation waits for everything of a stack but what is inside the cluster: that the API server answers to us, and which
 * StorageClass is the default one, which EKS leaves open.
 */
export async function stackReady(
  settings: EksSettings,
  client: (signal: AbortSignal) => Promise<KubeClient | undefined>,
  isProtected: boolean,
  wanted: Resource,
  run: Run,
): Promise<void> {
  const isCluster = wanted.name === stackName(settings, 'cluster')
  if (!isCluster && wanted.name !== stackName(settings, 'addons')) return
  const opened = await answering(client, wanted, run)
  if (!isCluster) await ensureStorageClass(opened, settings, isProtected, run.signal)
}

async function answering(
  client: (signal: AbortSignal) => Promise<KubeClient | undefined>,
  wanted: Resource,
  { signal, progress }: Run,
): Promise<KubeClient> {
  const until = Date.now() + patience
  for (;;) {
    try {
      const opened = await client(signal)
      if (opened) {
        await opened.raw('/readyz', signal)
        return opened
      }
      throw new StepError('deploy', 'its stack does not say where it is')
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof StepError || error instanceof KubeError) || Date.now() > until) throw error
      progress(wanted.id, `its API server does not answer yet: ${error.message}`)
    }
    await sleep(pause, undefined, { signal })
  }
}
