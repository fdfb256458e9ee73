import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Volume } from '../../../resolve/resolved.ts'
import { part } from '../../content-parts.ts'
import type { KubeResource } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { desiredObject, need, updatesOf } from './objects.ts'
import { byteQuantity } from './quantities.ts'

/** What is asked for where the stack does not say how much. Bytes. */
const defaultSize = 1024 ** 3
/** Most classes bind when the first pod comes, so only making the claim counts. Milliseconds. */
const claimTimeout = 120_000

/** What a volume asks of the cluster (S86). */
export function claimSpec(volume: Volume, clusterClass: string | undefined): Record<string, unknown> {
  const storageClassName = volume.class ?? clusterClass
  return {
    accessModes: [volume.access === 'single' ? 'ReadWriteOnce' : 'ReadWriteMany'],
    resources: { requests: { storage: byteQuantity(volume.size ?? defaultSize) } },
    ...(storageClassName !== undefined && { storageClassName }),
    ...(volume.restoreFrom !== undefined && {
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: volume.restoreFrom },
    }),
  }
}

/** `volume/x`: a claim with a life of its own. One of which each replica has its own is made by their StatefulSet. */
export function volumeResource(
  volume: Volume,
  isPerReplica: boolean,
  { stack, cluster }: DesiredContext,
): KubeResource {
  const { name, from, size, access, restoreFrom } = volume
  const { storageClass } = cluster.abilities
  const id = `volume/${name}` as const
  const claim = desiredObject(stack, {
    kind: kinds.PersistentVolumeClaim,
    name,
    resource: id,
    fields: { spec: claimSpec(volume, storageClass) },
    from,
  })
  const parts = isPerReplica
    ? {}
    : {
        ...part('size', size ?? defaultSize),
        ...part('access', access),
        ...part('class', volume.class ?? storageClass),
        ...part('from', restoreFrom),
      }
  const isReplacedWith = ['access', 'class', 'from']
  return {
    id,
    kind: 'volume',
    name,
    spec: {
      kind: 'objects',
      objects: isPerReplica ? [] : [claim],
      readiness: isPerReplica ? { kind: 'exists' } : { kind: 'claim', name },
      isReplacedWith,
    },
    parts,
    updates: updatesOf(parts, isReplacedWith),
    needs: [need(`namespace/${stack.namespace}`)],
    replicas: undefined,
    timeout: claimTimeout,
    holdsData: `the data of volume ${name}`,
    from,
  }
}
