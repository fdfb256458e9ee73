import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../../drivers/driver.ts'
import type { ResourceId } from '../../plan/resource.ts'
import type { KubeClient, KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import { fieldsOf, textOf } from '../settings.ts'

/** Milliseconds between two looks. */
const pause = 1000
/** Milliseconds: a disk is taken off its machine first. What is left then is found by the audit, with its price. */
const patience = 5 * 60_000

/**
 * Waits until AWS has deleted the disks of claims that are gone, while there is somebody who asks for it: the driver goes with the
 * cluster. Disks that a protected profile retains go too, for whoever removes the cluster has deleted their claims first.
 */
export async function disksReleased(client: KubeClient, id: ResourceId, run: Run): Promise<void> {
  const until = Date.now() + patience
  for (;;) {
    const { items } = await client.list(kinds.PersistentVolume, { namespace: undefined }, run.signal)
    const released = items.filter(isReleasedDisk)
    if (released.length === 0 || Date.now() > until) return
    const spec = { persistentVolumeReclaimPolicy: 'Delete' }
    for (const { metadata } of released.filter(isRetained))
      await client.patch(kinds.PersistentVolume, undefined, metadata.name, { spec }, { signal: run.signal })
    run.progress(id, `waiting until AWS has deleted ${count(released.length)} that nothing claims any more`)
    await sleep(pause, undefined, { signal: run.signal })
  }
}

function count(disks: number): string {
  return disks === 1 ? 'a disk' : `${disks} disks`
}

function isReleasedDisk({ metadata, ...rest }: KubeObject): boolean {
  return (
    metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === 'ebs.csi.aws.com' &&
    textOf(fieldsOf(rest['status'])['phase']) === 'Released'
  )
}

function isRetained(volume: KubeObject): boolean {
  return textOf(fieldsOf(volume['spec'])['persistentVolumeReclaimPolicy']) === 'Retain'
}
