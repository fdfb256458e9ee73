import type { KubeClient, KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { EksSettings } from './settings.ts'

const defaultMark = 'storageclass.kubernetes.io/is-default-class'

/**
 * Exactly one default StorageClass: of the driver that the add-on brings, and none beside it. Volumes of a protected profile
 * outlive their claims. A class cannot be changed; one of ours that is there stays as it is.
 */
export async function ensureStorageClass(
  client: KubeClient,
  { storageType }: Pick<EksSettings, 'storageType'>,
  isProtected: boolean,
  signal: AbortSignal,
): Promise<void> {
  const name = `iamstack-${storageType}`
  const { items } = await client.list(kinds.StorageClass, { namespace: undefined }, signal)
  const others = items.filter((each) => each.metadata.name !== name && isDefault(each))
  for (const { metadata } of others) await mark(client, metadata.name, false, signal)
  const found = items.find((each) => each.metadata.name === name)
  if (found) {
    if (!isDefault(found)) await mark(client, name, true, signal)
    return
  }
  await client.apply(
    kinds.StorageClass,
    {
      apiVersion: kinds.StorageClass.apiVersion,
      kind: 'StorageClass',
      metadata: { name, annotations: { [defaultMark]: 'true' } },
      provisioner: 'ebs.csi.aws.com',
      parameters: { type: storageType, encrypted: 'true' },
      reclaimPolicy: isProtected ? 'Retain' : 'Delete',
      // A volume lies in the zone of the pod that asked first.
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    },
    { signal },
  )
}

function isDefault({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[defaultMark] === 'true'
}

async function mark(client: KubeClient, name: string, isWanted: boolean, signal: AbortSignal): Promise<void> {
  const metadata = { name, annotations: { [defaultMark]: String(isWanted) } }
  const { apiVersion, kind } = kinds.StorageClass
  await client.apply(kinds.StorageClass, { apiVersion, kind, metadata }, { force: true, signal })
}
