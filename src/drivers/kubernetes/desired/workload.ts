import type { KindOfObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import { labelsOf, resourceAnnotation, partsAnnotation, selectorOf } from '../labels.ts'
import { claimSpec } from './claims.ts'
import type { DesiredContext } from './context.ts'
import { claimNameOf } from './mounts.ts'
import { governingServiceOf } from './names.ts'
import type { Fields } from './objects.ts'
import { seconds } from './quantities.ts'

/** The object that runs pods, and what of it cannot be changed. */
export interface WorkloadObject {
  readonly kind: KindOfObject
  readonly fields: Fields
  /** Changing this means to delete the object and make it anew. */
  readonly identity: unknown
}

/** Old revisions that the cluster keeps for itself. */
const revisionHistoryLimit = 5

/** The controller of a service's pods (S67, S68, S91). Without `replicas` where load decides (S92). */
export function workloadObject(
  service: Service,
  members: readonly Service[],
  template: unknown,
  context: DesiredContext,
): WorkloadObject {
  const { stack } = context
  const selector = { matchLabels: selectorOf(stack.project, service.name) }
  const replicas = service.scale ? {} : { replicas: service.replicas }
  switch (service.workload) {
    case 'deployment':
      return {
        kind: kinds.Deployment,
        fields: {
          spec: {
            ...replicas,
            selector,
            strategy: deploymentStrategy(service, members, stack),
            revisionHistoryLimit,
            progressDeadlineSeconds: seconds(service.update.timeout),
            template,
          },
        },
        identity: ['Deployment', selector],
      }
    case 'stateful': {
      const serviceName = service.isHeadless ? service.name : governingServiceOf(service.name)
      const volumeClaimTemplates = claimTemplates(members, context)
      return {
        kind: kinds.StatefulSet,
        fields: {
          spec: {
            ...replicas,
            serviceName,
            selector,
            revisionHistoryLimit,
            updateStrategy: { type: 'RollingUpdate' },
            template,
            ...(volumeClaimTemplates.length > 0 && { volumeClaimTemplates }),
          },
        },
        identity: ['StatefulSet', selector, serviceName, volumeClaimTemplates],
      }
    }
    case 'daemon':
      return {
        kind: kinds.DaemonSet,
        fields: {
          spec: { selector, revisionHistoryLimit, updateStrategy: daemonStrategy(service), template },
        },
        identity: ['DaemonSet', selector],
      }
    case 'cron':
      return { kind: kinds.CronJob, fields: { spec: cronSpec(service, template) }, identity: ['CronJob'] }
    default:
      return service.workload satisfies never
  }
}

/** The old replica ends first where two at a time would be wrong, or could not both have the volume (S68, S102). */
function deploymentStrategy(service: Service, members: readonly Service[], stack: ResolvedStack): unknown {
  const isAlone =
    service.isSingleton || service.update.strategy === 'recreate' || hasSingleWriter(members, stack)
  if (isAlone) return { type: 'Recreate' }
  const { surge, unavailable } = service.update
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } }
}

export function hasSingleWriter(members: readonly Service[], stack: ResolvedStack): boolean {
  return volumesOf(members).some((volume) => stack.volumes.get(volume)?.access === 'single')
}

/** A DaemonSet does either, never both. */
function daemonStrategy({ update: { strategy, surge, unavailable } }: Service): unknown {
  const isStoppedFirst = strategy === 'recreate' || unavailable > 0 || surge === 0
  return {
    type: 'RollingUpdate',
    rollingUpdate: isStoppedFirst
      ? { maxSurge: 0, maxUnavailable: Math.max(1, unavailable) }
      : { maxSurge: surge, maxUnavailable: 0 },
  }
}

function cronSpec(service: Service, template: unknown): unknown {
  return {
    schedule: service.schedule,
    concurrencyPolicy: service.isSingleton ? 'Forbid' : 'Allow',
    suspend: service.replicas === 0,
    jobTemplate: { spec: { template } },
  }
}

/** Volumes of which each replica of a StatefulSet has its own: unless there can be only one replica ever. */
export function claimedVolumes(members: readonly Service[]): ReadonlySet<string> {
  const [owner] = members
  const isPerReplica = owner !== undefined && owner.workload === 'stateful' && !owner.isSingleton
  return new Set(isPerReplica ? volumesOf(members) : [])
}

export function volumesOf(members: readonly Pick<Service, 'mounts'>[]): string[] {
  const mounted = members.flatMap(({ mounts }) =>
    mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : [])),
  )
  return [...new Set(mounted)]
}

/** Claims that the StatefulSet's controller makes, marked so that they are found as parts of `volume/x`. */
function claimTemplates(members: readonly Service[], { stack, cluster }: DesiredContext): unknown[] {
  return [...claimedVolumes(members)].flatMap((name) => {
    const volume = stack.volumes.get(name)
    if (!volume) return []
    return [
      {
        metadata: {
          name: claimNameOf(name),
          labels: labelsOf(stack.project, `volume/${name}`),
          annotations: { [resourceAnnotation]: `volume/${name}`, [partsAnnotation]: '{}' },
        },
        spec: claimSpec(volume, cluster.abilities.storageClass),
      },
    ]
  })
}
