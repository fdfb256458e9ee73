import type { Check, EnvValue, Health, ImageSource, Init, Job, Mount, Service } from '../resolve/resolved.ts'
import { textAsWritten, type Text } from '../resolve/text.ts'
import { fieldsOf, type Fields } from './fields.ts'

/** What a service means, field by field, in the words of the stack file. */
export function describeService(service: Service): Fields {
  if (service.external) {
    const { host, ports } = service.external
    return new Map([
      ['external', textAsWritten(host)],
      ...[...ports].map(([name, port]) => [`ports.${name}`, textAsWritten(port)] as const),
    ])
  }
  const { resources, stop, update, scale, placement, patches, capabilities } = service
  return fieldsOf({
    ...commonFields(service),
    workload: service.workload === 'deployment' ? undefined : service.workload,
    schedule: service.schedule,
    singleton: service.isSingleton || undefined,
    replicas: service.replicas,
    scale,
    ...entries('ports', service.ports, ({ port, protocol }) =>
      protocol === 'tcp' ? String(port) : `${port}/${protocol}`,
    ),
    ...entries('expose', service.expose, ({ kind, port }) => (port === undefined ? kind : `${kind}:${port}`)),
    ...Object.fromEntries(service.init.map((each) => [`init.${each.name}`, describeInit(each)])),
    ...healthFields(service.health),
    'fs-group': service.fsGroup,
    capabilities: capabilities.add.length + capabilities.drop.length > 0 ? capabilities : undefined,
    privileged: service.isPrivileged || undefined,
    spread: service.spread === 'none' ? undefined : service.spread,
    placement,
    update,
    stop,
    restart: service.restart,
    reload: service.reload.kind === 'restart' ? undefined : `signal:${service.reload.signal}`,
    pod: service.pod,
    headless: service.isHeadless || undefined,
    hostname: service.hostname,
    ...entries('labels', service.labels, (value) => value),
    ...entries('annotations', service.annotations, (value) => value),
    'service-account': service.serviceAccount,
    rules: service.rules,
    'kubernetes.patch': patches.kubernetes,
    'compose.patch': patches.compose,
    resources,
  })
}

export function describeJob(job: Job): Fields {
  const { resources } = job
  return fieldsOf({
    ...commonFields(job),
    run: job.run,
    retries: job.retries,
    timeout: job.timeout,
    resources,
  })
}

/** What services and jobs have in common. */
function commonFields(unit: Service | Job): Record<string, unknown> {
  return {
    image: unit.image && describeImage(unit.image),
    entrypoint: commandText(unit.entrypoint),
    command: commandText(unit.command),
    'working-dir': unit.workingDir,
    'process.run': unit.process && runText(unit.process.run),
    ...entries('env', unit.env, describeEnv),
    'env-from':
      unit.envFrom.length > 0
        ? unit.envFrom.map(
            ({ kind, name, prefix }) => `${kind} ${name}${prefix === '' ? '' : ` as ${prefix}*`}`,
          )
        : undefined,
    ...Object.fromEntries(unit.mounts.map((mount) => [`mounts.${mount.path}`, describeMount(mount)])),
    ...Object.fromEntries(
      unit.needs.map(({ on, is, cascade }) => [`needs.${on.name}`, cascade ? `${is}, cascade` : is]),
    ),
    user: unit.user,
    group: unit.group,
    'read-only-root': unit.isReadOnlyRoot || undefined,
  }
}

function describeImage(source: ImageSource): string {
  return source.kind === 'built' ? source.image : source.reference
}

function commandText(command: readonly Text[] | undefined): string | undefined {
  return command && JSON.stringify(command.map(textAsWritten))
}

function runText(run: Text | readonly Text[]): string {
  return 'parts' in run ? textAsWritten(run) : (commandText(run) ?? '')
}

function describeEnv(value: EnvValue): string {
  switch (value.kind) {
    case 'text':
      return textAsWritten(value.text)
    case 'secret':
      return `secret ${value.secret}.${value.key}`
    case 'config':
      return `config ${value.config}.${value.key}`
    case 'field':
      return `field ${value.field}`
    default:
      return value satisfies never
  }
}

function describeMount(mount: Mount): string {
  const access = mount.isReadOnly && (mount.kind === 'volume' || mount.kind === 'bind') ? ', read-only' : ''
  switch (mount.kind) {
    case 'volume':
      return `volume ${mount.volume}${mount.subPath === undefined ? '' : `/${mount.subPath}`}${access}`
    case 'scratch':
      return `scratch ${mount.scratch}`
    case 'bind':
      return `bind ${mount.source}${access}`
    case 'config':
      return `config ${mount.config}${chosen(mount)}`
    case 'secret':
      return `secret ${mount.secret}${chosen(mount)}`
    case 'cert':
      return `cert ${mount.cert}`
    default:
      return mount satisfies never
  }
}

function chosen({ key, keys, mode }: Extract<Mount, { kind: 'config' | 'secret' }>): string {
  const what = key !== undefined ? `.${key}` : keys ? ` (${keys.join(', ')})` : ''
  return `${what}, mode ${mode.toString(8)}`
}

function describeInit({ image, entrypoint, command, env }: Init): string {
  const words = [
    image && describeImage(image),
    commandText(entrypoint),
    commandText(command),
    ...[...env].map(([name, value]) => `${name}=${describeEnv(value)}`),
  ]
  return words.filter((word) => word !== undefined).join(' ')
}

function healthFields(health: Health | undefined): Record<string, unknown> {
  if (!health) return {}
  const { every, timeout, retries, check } = health.readiness
  return {
    health: describeCheck(check),
    'health.every': every,
    'health.timeout': timeout,
    'health.retries': retries,
    'health.start-period': health.startPeriod,
    'health.liveness': health.liveness ? undefined : 'none',
  }
}

function describeCheck(check: Check): string {
  switch (check.kind) {
    case 'http':
      return `${check.scheme} ${check.path} on ${check.port}`
    case 'tcp':
      return `tcp ${check.port}`
    case 'grpc':
      return `grpc ${check.port}${check.service === undefined ? '' : ` ${check.service}`}`
    case 'exec':
      return `exec ${commandText(check.command) ?? ''}`
    default:
      return check satisfies never
  }
}

function entries<T>(
  name: string,
  values: ReadonlyMap<string, T>,
  describe: (value: T) => string,
): Record<string, string> {
  return Object.fromEntries([...values].map(([key, value]) => [`${name}.${key}`, describe(value)]))
}
