import { errorAt, type Span } from '../../stack/diagnostics.ts'
import { defaults } from '../../stack/language/defaults.ts'
import type { ServiceFile } from '../../stack/language/service.ts'
import { plainText } from '../text.ts'
import type { Dev, Image, ImageSource, Port, Service } from '../resolved.ts'
import { healthOf } from './health.ts'
import { exposedOf, portsOf, type Exposed } from './ports.ts'
import { defaultDuration, mapValues, placesUnder, stringOf, stringsOf, type Reading } from './reading.ts'
import * as workload from './workload.ts'

/** What a service needs to know of the rest of the stack. */
export interface Surroundings {
  readonly images: ReadonlyMap<string, Image>
  /** Names under `jobs`. */
  readonly jobs: ReadonlySet<string>
}

export interface ReadService {
  readonly service: Service
  /** Routes that `expose: { http: host/path }` makes. */
  readonly routes: Exposed['routes']
}

export function serviceOf(
  reading: Reading,
  name: string,
  written: ServiceFile,
  from: Span,
  around: Surroundings,
): ReadService {
  const at = placesUnder(reading, written, from)
  const ports = portsOf(reading, written.ports)
  const { exposures, routes } = exposedOf(reading, name, written.expose, ports)
  const running = written.external ? nothingRuns : runningParts(reading, name, written, around)
  const workloadKind = written.workload ?? defaults.workload
  const isSingleton = written.singleton ?? false
  const service: Service = {
    name,
    external: externalOf(reading, written, ports),
    ...running,
    workingDir: written.workingDir,
    tty: written.tty ?? false,
    hostname: written.hostname,
    ports,
    expose: exposures,
    workload: workloadKind,
    schedule: written.schedule,
    isSingleton,
    ...replicasOf(reading, name, written),
    resources: workload.resourcesOf(written.resources),
    user: written.user,
    group: written.group,
    fsGroup: written.fsGroup,
    isReadOnlyRoot: written.readOnlyRoot ?? false,
    capabilities: { add: written.capabilities?.add ?? [], drop: written.capabilities?.drop ?? [] },
    isPrivileged: written.privileged ?? false,
    spread: written.spread ?? defaults.spread,
    placement: reading.plain(written.placement),
    update: updateOf(reading, name, written, isSingleton),
    stop: {
      signal: written.stop?.signal,
      grace: written.stop?.grace ?? defaultDuration(defaults.stop.grace),
      pre: written.stop?.pre?.map((each) => stringOf(reading, each)),
    },
    restart: written.restart ?? defaults.restart,
    reload: reloadOf(written.reload ?? defaults.reload),
    pod: written.pod,
    isHeadless: written.headless ?? (workloadKind === 'stateful' && isSingleton),
    labels: stringsOf(written.labels),
    annotations: stringsOf(written.annotations),
    serviceAccount: written.serviceAccount,
    rules: reading.plain(written.rules),
    isOptional: written.optional ?? false,
    dev: devOf(reading, written.dev),
    patches: {
      kubernetes: reading.plain(written.kubernetes),
      compose: reading.plain(written.compose?.patch),
    },
    from,
    at,
  }
  return { service, routes: written.external ? [] : routes }
}

type RunningParts = Pick<
  Service,
  'image' | 'entrypoint' | 'command' | 'env' | 'envFrom' | 'mounts' | 'init' | 'needs' | 'health' | 'process'
>

/** `external` wins over everything that says how a service runs. */
const nothingRuns: RunningParts = {
  image: undefined,
  entrypoint: undefined,
  command: undefined,
  env: new Map(),
  envFrom: [],
  mounts: [],
  init: [],
  needs: [],
  health: undefined,
  process: undefined,
}

function runningParts(
  reading: Reading,
  name: string,
  written: ServiceFile,
  around: Surroundings,
): RunningParts {
  const image = workload.imageSourceOf(reading, written.image)
  const folder = folderOf(reading, image, around.images)
  return {
    image,
    entrypoint: workload.textsOf(reading, written.entrypoint),
    command: workload.textsOf(reading, written.command),
    env: workload.environmentOf(reading, written.env),
    envFrom: workload.environmentFromOf(reading, written.envFrom),
    mounts: workload.mountsOf(reading, written.mounts),
    init: workload.initOf(reading, written.init, image, folder),
    needs: workload.needsOf(reading, written.needs, around.jobs),
    health: healthOf(reading, written.health, { name, ports: portsOf(reading, written.ports) }),
    process: workload.processOf(reading, written.process, folder),
  }
}

/** Where a process runs that does not say: beside the source of its image. */
export function folderOf(
  reading: Reading,
  image: ImageSource | undefined,
  images: ReadonlyMap<string, Image>,
): string {
  return (image?.kind === 'built' ? images.get(image.image)?.context : undefined) ?? reading.root
}

function externalOf(
  reading: Reading,
  written: ServiceFile,
  ports: ReadonlyMap<string, Port>,
): Service['external'] {
  const { external } = written
  if (!external) return undefined
  const declared = mapValues(ports, (port) => plainText(String(port.port), port.from))
  return {
    host: reading.textOf(external.host),
    ports: external.ports
      ? new Map([...declared, ...mapValues(external.ports, (each) => reading.textOf(each))])
      : declared,
  }
}

function replicasOf(
  reading: Reading,
  name: string,
  written: ServiceFile,
): Pick<Service, 'replicas' | 'scale'> {
  const { scale } = written
  const replicas = written.replicas ?? scale?.min ?? defaults.replicas
  if (scale && scale.min <= scale.max && (replicas < scale.min || replicas > scale.max)) {
    const message = `${name} has ${replicas} replicas and scales from ${scale.min} to ${scale.max}`
    reading.report(
      errorAt(
        'service/replicas',
        message,
        reading.at(written, 'replicas'),
        'leave `replicas` out: `scale` decides',
      ),
    )
  }
  return {
    replicas,
    scale: scale && { min: scale.min, max: scale.max, cpu: scale.cpu, memory: scale.memory },
  }
}

/** A singleton stops before its successor starts, whatever is said elsewhere: two at a time is what it excludes. */
function updateOf(
  reading: Reading,
  name: string,
  written: ServiceFile,
  isSingleton: boolean,
): Service['update'] {
  const update = written.update ?? {}
  if (isSingleton && update.strategy === 'rolling') {
    const message = `${name} is a singleton: a rolling update would run two of it`
    reading.report(
      errorAt(
        'service/singleton',
        message,
        reading.at(update, 'strategy'),
        'leave `strategy` out, or remove `singleton`',
      ),
    )
  }
  return {
    strategy: update.strategy ?? (isSingleton ? 'recreate' : defaults.update.strategy),
    surge: update.surge ?? defaults.update.surge,
    unavailable: update.unavailable ?? defaults.update.unavailable,
    timeout: update.timeout ?? defaultDuration(defaults.update.timeout),
  }
}

function reloadOf(written: string): Service['reload'] {
  return written.startsWith('signal:')
    ? { kind: 'signal', signal: written.slice('signal:'.length) }
    : { kind: 'restart' }
}

function devOf(reading: Reading, written: ServiceFile['dev']): Dev {
  const { sync = defaults.dev.sync, exec = [], restart = defaults.dev.restart, debug } = written ?? {}
  return {
    sync:
      typeof sync === 'string'
        ? sync
        : sync.map((each) => ({ from: reading.pathOf(each, 'from', each.from), to: each.to })),
    exec: exec.map((each) => ({ on: reading.pathOf(each, 'on', each.on), run: each.run })),
    restart: restart.startsWith('signal:')
      ? { kind: 'signal', signal: restart.slice('signal:'.length) }
      : { kind: restart === 'none' || restart === 'container' ? restart : 'process' },
    debug,
  }
}
