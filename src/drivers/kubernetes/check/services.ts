import { podMates } from '../../pods.ts'
import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Diagnostic } from '../../../stack/diagnostics.ts'
import type { ClusterFacts } from '../desired/context.ts'
import { claimedVolumes, hasSingleWriter, volumesOf } from '../desired/workload.ts'
import { ignored, isWritten, refused, when } from './finding.ts'

/** What a controller of pods cannot do for a service, or does otherwise. */
export function serviceFindings(service: Service, stack: ResolvedStack, cluster: ClusterFacts): Diagnostic[] {
  return [
    ...endingFindings(service),
    ...scaleFindings(service, stack),
    ...workloadFindings(service),
    ...sharingFindings(service, stack, cluster),
    ...reloadFindings(service),
    ...probeFindings(service),
  ]
}

function endingFindings(service: Service): Diagnostic[] {
  const { name, restart, stop, workload } = service
  const isScheduled = workload === 'cron'
  return [
    ...when(restart !== 'always' && !isScheduled, () =>
      refused(
        'restart',
        `service ${name}: Kubernetes always starts the pods of a ${workload} again`,
        service.at('restart'),
        'a program that ends is a job; or leave `restart` out',
      ),
    ),
    ...when(restart === 'always' && isScheduled && isWritten(service, 'restart'), () =>
      ignored(
        'restart',
        `service ${name}: a scheduled run is repeated only when it failed`,
        service.at('restart'),
      ),
    ),
    ...when(stop.signal !== undefined && stop.signal !== 'SIGTERM', () =>
      ignored(
        'stop-signal',
        `service ${name}: Kubernetes takes the stop signal from the image, ${stop.signal ?? ''} is not sent`,
        service.at('stop.signal'),
        `write STOPSIGNAL ${stop.signal ?? ''} in the Dockerfile`,
      ),
    ),
  ]
}

/** Load is measured against what is reserved, in every container of the pod (S92). */
function scaleFindings(service: Service, stack: ResolvedStack): Diagnostic[] {
  const { name, scale, workload } = service
  const members = podMates(stack, service)
  if (!scale || members[0] !== service) return []
  if (workload === 'cron' || workload === 'daemon') {
    return [refused('scale', `service ${name}: a ${workload} does not scale by load`, service.at('scale'))]
  }
  return (['cpu', 'memory'] as const).flatMap((resource) =>
    members.flatMap((member) =>
      when(scale[resource] !== undefined && member.resources[resource] === undefined, () =>
        refused(
          'scale',
          `service ${name} scales by ${resource}, but ${member.name} reserves none to measure it against`,
          service.at(`scale.${resource}`),
          `add resources: { ${resource}: ${resource === 'cpu' ? '100m' : '128Mi'} } to ${member.name}`,
        ),
      ),
    ),
  )
}

function workloadFindings(service: Service): Diagnostic[] {
  const { name, workload, hostname } = service
  switch (workload) {
    case 'cron':
      return [
        ...(['ports', 'health', 'scale', 'headless', 'update'] as const).flatMap((key) =>
          when(isWritten(service, key), () =>
            ignored(
              'cron',
              `service ${name}: \`${key}\` has no effect on what runs on a schedule`,
              service.at(key),
            ),
          ),
        ),
        ...when(service.replicas > 1, () =>
          ignored(
            'cron',
            `service ${name}: one pod runs at each time of the schedule`,
            service.at('replicas'),
          ),
        ),
      ]
    case 'stateful':
      return [
        ...when(isWritten(service, 'update.surge') || isWritten(service, 'update.unavailable'), () =>
          ignored(
            'update',
            `service ${name}: a stateful service is replaced replica by replica, the old one first`,
            service.at(isWritten(service, 'update.surge') ? 'update.surge' : 'update.unavailable'),
          ),
        ),
        ...when(hostname !== undefined, () =>
          ignored(
            'hostname',
            `service ${name}: replicas of a stateful service are called ${name}-0, ${name}-1 …`,
            service.at('hostname'),
          ),
        ),
      ]
    case 'daemon':
    case 'deployment':
      return when(service.update.surge > 0 && service.update.unavailable > 0 && workload === 'daemon', () =>
        ignored(
          'update',
          `service ${name}: on each node the old replica ends first; \`surge\` counts only with unavailable: 0`,
          service.at('update'),
        ),
      )
    default:
      return workload satisfies never
  }
}

/** A volume for one writer is mounted by one node at a time. */
function sharingFindings(service: Service, stack: ResolvedStack, { target }: ClusterFacts): Diagnostic[] {
  const members = podMates(stack, service)
  if (members[0] !== service) return []
  const claimed = claimedVolumes(members)
  const others = [...stack.services.values(), ...stack.jobs.values()].filter(
    (each) => !members.some(({ name }) => name === each.name),
  )
  const elsewhere = new Set(volumesOf(others))
  const isSeveral = service.replicas > 1 || service.scale !== undefined || service.workload === 'daemon'
  const place = (volume: string) =>
    members
      .flatMap(({ mounts }) => mounts)
      .find((mount) => mount.kind === 'volume' && mount.volume === volume)?.from
  return [
    ...[...claimed]
      .filter((volume) => elsewhere.has(volume))
      .map((volume) =>
        refused(
          'volume-shared',
          `service ${service.name}: each replica has a volume ${volume} of its own, so nothing else can mount it`,
          place(volume) ?? service.from,
          'write singleton: true if there is ever only one replica, or use two volumes',
        ),
      ),
    // Docker Desktop has one node.
    ...when(
      isSeveral && claimed.size === 0 && target !== 'docker-desktop' && hasSingleWriter(members, stack),
      () =>
        ignored(
          'volume-single',
          `service ${service.name}: its replicas share a volume that one node at a time can mount`,
          service.at(service.scale ? 'scale' : 'replicas'),
          'write access: many at the volume, or workload: stateful for a volume per replica',
        ),
    ),
  ]
}

/** The kubelet renews whole folders; a single file keeps the content that it was mounted with. */
function reloadFindings(service: Service): Diagnostic[] {
  if (service.reload.kind !== 'signal') return []
  return service.mounts.flatMap((mount) =>
    when((mount.kind === 'config' || mount.kind === 'secret') && mount.key !== undefined, () =>
      ignored(
        'reload',
        `service ${service.name}: a file that is mounted alone never changes in a running pod; a change replaces the pod`,
        mount.from,
        'mount the folder, with `keys` for a part of it',
      ),
    ),
  )
}

function probeFindings(service: Service): Diagnostic[] {
  const { readiness, liveness, startup } = service.health ?? {}
  const probes = [readiness, liveness, startup].flatMap((probe) => probe ?? [])
  // Those that are derived from another stand at its place.
  const written = new Map(probes.map((probe) => [`${probe.from.line}:${probe.from.column}`, probe]))
  return [...written.values()].flatMap(({ check, from }) => {
    if (check.kind === 'exec' || service.ports.get(check.port)?.protocol !== 'udp') return []
    const message = `service ${service.name}: nothing can be asked over UDP`
    return [refused('health', message, from, 'use an exec check')]
  })
}
