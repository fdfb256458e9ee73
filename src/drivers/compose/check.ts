import { warningAt, errorAt, type Diagnostic } from '../../stack/diagnostics.ts'
import type { Job, ResolvedStack, Service } from '../../resolve/resolved.ts'
import { referencesOf } from '../../resolve/text.ts'
import { isExclusive, replicasOf } from './desired/ports.ts'
import { runningServices } from './desired/pods.ts'

/** Everything in a stack that a Docker engine cannot do, each at its line. */
export function check(stack: ResolvedStack): Diagnostic[] {
  return [
    ...[...stack.services.values()].flatMap((service) =>
      service.external ? externalFindings(service) : workloadFindings(service),
    ),
    ...runningServices(stack).flatMap((service) => serviceFindings(stack, service)),
    ...[...stack.jobs.values()].flatMap(programFindings),
    ...[...stack.volumes.values()].flatMap(({ name, size, class: kind, restoreFrom, from }) => [
      ...when(size !== undefined, () =>
        ignored('volume-size', `Docker sets no limit to the size of volume ${name}`, from),
      ),
      ...when(kind !== undefined, () =>
        ignored('volume-class', `Docker has no storage classes: volume ${name} is a local one`, from),
      ),
      ...when(restoreFrom !== undefined, () =>
        refused('volume-from', `volume ${name}: Docker cannot make a volume from a backup`, from),
      ),
    ]),
    ...settingsFindings(stack),
  ]
}

function workloadFindings(service: Service): Diagnostic[] {
  const { name, workload } = service
  switch (workload) {
    case 'cron':
      return [
        refused(
          'cron',
          `service ${name}: Docker runs nothing on a schedule`,
          service.at('workload'),
          'make it a job, or leave it out of this profile: set it to null',
        ),
      ]
    case 'daemon':
      return [
        ignored(
          'daemon',
          `service ${name}: Docker has one node, so one container runs`,
          service.at('workload'),
        ),
      ]
    case 'deployment':
    case 'stateful':
      return []
    default:
      return workload satisfies never
  }
}

function serviceFindings(stack: ResolvedStack, service: Service): Diagnostic[] {
  const { name } = service
  return [
    ...programFindings(service),
    ...when(service.image === undefined, () =>
      refused('image', `service ${name} has no image`, service.from, 'name one, or make it external'),
    ),
    ...when(service.scale !== undefined, () =>
      ignored(
        'scale',
        `service ${name}: Docker does not scale by load; ${service.replicas} run`,
        service.at('scale'),
      ),
    ),
    ...when(service.placement !== undefined && service.placement !== null, () =>
      ignored('placement', `service ${name}: Docker has one node to place on`, service.at('placement')),
    ),
    ...when(service.serviceAccount !== undefined || isFilled(service.rules), () =>
      ignored(
        'service-account',
        `service ${name}: Docker has no service accounts`,
        service.at(service.serviceAccount === undefined ? 'rules' : 'serviceAccount'),
      ),
    ),
    ...when(service.annotations.size > 0, () =>
      ignored('annotations', `service ${name}: Docker has no annotations`, service.at('annotations')),
    ),
    ...when(service.stop.pre !== undefined, () =>
      ignored(
        'stop-pre',
        `service ${name}: Docker runs no command before the stop signal`,
        service.at('stop.pre'),
      ),
    ),
    ...when(replicasOf(stack, service) > 1 && isExclusive(stack, service), () =>
      refused(
        'replicas',
        `service ${name}: a stateful service runs once on Docker`,
        service.at('replicas'),
        'set replicas: 1 in this profile',
      ),
    ),
    ...[...service.expose].flatMap(([port, exposure]) => {
      const isUdp = service.ports.get(port)?.protocol === 'udp'
      const isShared = replicasOf(stack, service) > 1
      const isOut = exposure.kind !== 'none' && exposure.kind !== 'internal'
      return when(isUdp && isShared && isOut, () =>
        refused(
          'udp',
          `service ${name}: the gateway passes no UDP, and several replicas cannot share port ${port}`,
          exposure.from,
        ),
      )
    }),
    ...when(service.health?.liveness !== undefined && isWritten(service, 'health.liveness'), () =>
      ignored(
        'liveness',
        `service ${name}: Docker does not restart what is unhealthy`,
        service.at('health.liveness'),
      ),
    ),
  ]
}

function programFindings(program: Service | Job): Diagnostic[] {
  const unknown = [...program.env].flatMap(([name, value]) =>
    when(value.kind === 'field' && (value.field === 'pod-ip' || value.field === 'node'), () =>
      refused('field', `${program.name}: Docker cannot tell ${name} before the start`, value.from),
    ),
  )
  const outputs = [...program.env.values()].flatMap((value) =>
    value.kind === 'text' ? referencesOf(value.text).filter(({ kind }) => kind === 'stack-output') : [],
  )
  return [
    ...unknown,
    ...outputs.map(({ from }) =>
      refused('stack-output', `${program.name}: there are no cloud stacks on this target`, from),
    ),
  ]
}

function externalFindings({ name, external }: Service): Diagnostic[] {
  const outputs = external ? referencesOf(external.host).filter(({ kind }) => kind === 'stack-output') : []
  return outputs.map(({ from }) =>
    refused('stack-output', `service ${name}: there are no cloud stacks on this target`, from),
  )
}

function settingsFindings({ settings }: ResolvedStack): Diagnostic[] {
  return ['manifests', 'charts', 'stacks'].flatMap((key) => {
    const setting = settings.get(key)
    if (!setting) return []
    return [ignored(key, `${key} are for Kubernetes and the cloud; Docker leaves them out`, setting.from)]
  })
}

function isWritten(service: Service, key: string): boolean {
  const place = service.at(key)
  return [service.from, service.at(key.slice(0, key.indexOf('.')))].every(
    ({ line, column }) => line !== place.line || column !== place.column,
  )
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null
}

function when(isSo: boolean, finding: () => Diagnostic): Diagnostic[] {
  return isSo ? [finding()] : []
}

function ignored(code: string, message: string, span: Diagnostic['span']): Diagnostic {
  return warningAt(`compose/${code}`, message, span)
}

function refused(code: string, message: string, span: Diagnostic['span'], hint?: string): Diagnostic {
  return errorAt(`compose/${code}`, message, span, hint)
}
