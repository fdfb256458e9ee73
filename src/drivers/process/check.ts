import { errorAt, warningAt, type Diagnostic } from '../../stack/diagnostics.ts'
import type { Job, Mount, ResolvedStack, Service } from '../../resolve/resolved.ts'

/** Fields that a process of the user's own account cannot be given: a container or a cluster gives them. */
export function checkProcesses(stack: ResolvedStack): Diagnostic[] {
  return [
    ...[...stack.services.values()]
      .filter(({ external }) => !external)
      .flatMap((service) => [...checkService(service), ...checkUnit('service', service)]),
    ...[...stack.jobs.values()].flatMap((job) => checkUnit('job', job)),
  ]
}

type Field = readonly [key: string, isUsed: boolean, why: string]

function checkService(service: Service): Diagnostic[] {
  const { capabilities, expose, replicas, ports } = service
  const fields: readonly Field[] = [
    ['fs-group', service.fsGroup !== undefined, 'files belong to the user who runs iamstack'],
    [
      'capabilities',
      capabilities.add.length + capabilities.drop.length > 0,
      'a process has those of the user who runs iamstack',
    ],
    ['privileged', service.isPrivileged, 'a process has the rights of the user who runs iamstack'],
    ['hostname', service.hostname !== undefined, 'a process has the name of this machine'],
    ['tty', service.tty, 'a process in the background has no terminal'],
    ['placement', service.placement !== undefined, 'there is one machine'],
    ['service-account', service.serviceAccount !== undefined, 'there is no cluster'],
    ['rules', service.rules !== undefined, 'there is no cluster'],
    [
      'pod',
      service.pod !== undefined,
      'its members are processes of their own and do not share scratch mounts',
    ],
    ['scale', service.scale !== undefined, 'the number of replicas stays as it is until `scale` changes it'],
  ]
  const unsupported = fields.flatMap((field) => unsupportedField(service, field))
  const cron =
    service.workload === 'cron'
      ? [
          errorAt(
            'process/unsupported-field',
            `service ${service.name}: a schedule is not kept on the process target`,
            service.at('workload'),
            'remove the service in this profile (`null`), or make it a job',
          ),
        ]
      : []
  const wide = [...expose].flatMap(([name, { kind, from }]) =>
    kind === 'node' || kind === 'load-balancer'
      ? [
          warningAt(
            'process/unsupported-field',
            `service ${service.name}: port ${name} is reachable from this machine only`,
            from,
            'on the process target every exposure means `local`',
          ),
        ]
      : [],
  )
  const datagrams = [...ports.values()].flatMap(({ name, protocol, from }) =>
    protocol === 'udp' && replicas > 1
      ? [
          warningAt(
            'process/unsupported-field',
            `service ${service.name}: port ${name} is not balanced over its replicas, because it is UDP`,
            from,
          ),
        ]
      : [],
  )
  return [...cron, ...unsupported, ...wide, ...datagrams]
}

function checkUnit(kind: 'service' | 'job', unit: Service | Job): Diagnostic[] {
  const { limits } = unit.resources
  const fields: readonly Field[] = [
    [
      'resources.limits',
      limits.cpu !== undefined || limits.memory !== undefined,
      'a process may use what the machine has',
    ],
    ['user', unit.user !== undefined, 'a process runs as the user who runs iamstack'],
    ['group', unit.group !== undefined, 'a process runs as the user who runs iamstack'],
    ['read-only-root', unit.isReadOnlyRoot, 'a process sees the file system of this machine'],
  ]
  return [
    ...fields.flatMap((field) => unsupportedField({ ...unit, name: unit.name, at: unit.at }, field, kind)),
    ...nestedMounts(kind, unit),
  ]
}

function unsupportedField(
  unit: Pick<Service | Job, 'name' | 'at'>,
  [key, isUsed, why]: Field,
  kind = 'service',
): Diagnostic[] {
  if (!isUsed) return []
  return [
    warningAt(
      'process/unsupported-field',
      `${kind} ${unit.name}: ${key} has no effect on the process target: ${why}`,
      unit.at(key),
    ),
  ]
}

/** Volumes and binds are links: what is mounted below one would be written into the user's own folder. */
function nestedMounts(kind: string, { name, mounts }: Pick<Service, 'name' | 'mounts'>): Diagnostic[] {
  const links = mounts.filter((mount: Mount) => mount.kind === 'volume' || mount.kind === 'bind')
  return mounts.flatMap((mount) => {
    const outer = links.find(
      ({ path }) => mount.path !== path && mount.path.startsWith(`${path.replace(/\/$/, '')}/`),
    )
    if (!outer) return []
    return [
      errorAt(
        'process/nested-mount',
        `${kind} ${name}: ${mount.path} lies in the ${outer.kind} at ${outer.path} and would be written into it`,
        mount.from,
        'mount it somewhere else',
      ),
    ]
  })
}
