import { resolveEnvironment } from '../../content/environment.ts'
import { StepError } from '../../plan/step-error.ts'
import type { Check, EnvValue, Init, Probe, Service } from '../../resolve/resolved.ts'
import { renderText, type Reference, type Text } from '../../resolve/text.ts'
import { rootFolder, serviceFolder } from '../../session/layout.ts'
import type {
  CheckSpec,
  Environments,
  HealthSpec,
  InitSpec,
  ProbeSpec,
  ServiceSpec,
  SlotEnvironment,
  SlotSpec,
} from '../../session/protocol.ts'
import { shellCommand } from './command.ts'
import { lookupFor } from './lookup.ts'
import { layMounts, scratchFolders } from './mounts.ts'
import type { JobLike, ProcessDriverOptions, ProcessSpec } from './options.ts'
import { addressPort, canOverlap, listenPort, servedPorts, slotCount } from './ports.ts'
import { commandOf } from './texts.ts'

type ServiceResource = Extract<ProcessSpec, { kind: 'service' }>
type Lookup = (reference: Reference) => string

/**
 * Everything that the session needs to know of a service, with its files laid out: references are followed, secrets fetched. The
 * values of secrets are in the environments and the files, never in the specification.
 */
export async function prepareService(
  resource: ServiceResource,
  parts: Readonly<Record<string, string>>,
  replicas: number,
  options: ProcessDriverOptions,
): Promise<{ spec: ServiceSpec; environments: Environments }> {
  const { service, stack, facts } = resource
  const overlaps = canOverlap(service, stack, facts.configs)
  const ports = servedPorts(service, facts.configs)
  const slots: SlotSpec[] = []
  const environments: Record<string, SlotEnvironment> = {}
  for (let number = 1; number <= slotCount(service, replicas, overlaps); number += 1) {
    const { slot, environment } = await prepareSlot(resource, number, options)
    slots.push(slot)
    environments[String(number)] = environment
  }
  const lookup = lookupFor(stack, facts, { service: service.name, slot: 1, root: undefined })
  const external = service.external && {
    host: renderText(service.external.host, lookup),
    ports: Object.fromEntries(
      [...service.external.ports].map(([name, port]) => [name, Number(renderText(port, lookup))]),
    ),
  }
  const balanced = ports.filter(({ isBalanced }) => isBalanced && !service.external)
  const spec: ServiceSpec = {
    name: service.name,
    parts,
    replicas: external ? 0 : replicas,
    slots,
    overlaps,
    addresses: Object.fromEntries(
      balanced.map((port) => [
        port.name,
        known(addressPort(service.name, port, facts.ports), port.name, service),
      ]),
    ),
    restart: service.restart,
    stop: {
      signal: (service.stop.signal ?? 'SIGTERM') as NodeJS.Signals,
      grace: service.stop.grace,
      pre: service.stop.pre,
    },
    health: external && (healthSpec(service, lookup) ?? reachable(external.ports)),
    external,
  }
  return { spec, environments }
}

async function prepareSlot(
  { service, stack, facts }: ServiceResource,
  number: number,
  options: ProcessDriverOptions,
): Promise<{ slot: SlotSpec; environment: SlotEnvironment }> {
  const { memory, materials, fillMount } = options
  const root = rootFolder(serviceFolder(memory.folder, service.name), number)
  const lookup = lookupFor(stack, facts, { service: service.name, slot: number, root })
  const context = { stack, facts, materials, lookup, field: fieldOf(service.name, stack.namespace) }
  await layMounts(service.mounts, { ...context, fillMount, state: memory.folder, root })
  const { process } = service
  if (!process)
    throw new StepError('precondition', `service ${service.name} does not say how it runs as a process`, {
      span: service.from,
    })

  const inherited = inheritedEnvironment(options)
  const own = await resolveEnvironment(
    { env: withEnvOf(service.env, service), envFrom: service.envFrom },
    context,
  )
  const inits: Record<string, Readonly<Record<string, string>>> = {}
  for (const init of service.init) {
    const { values } = await resolveEnvironment(
      { env: withEnvOf(withEnvOf(service.env, service), init), envFrom: service.envFrom },
      context,
    )
    inits[init.name] = { ...inherited, ...Object.fromEntries(values) }
  }
  const ports = servedPorts(service, facts.configs)
  return {
    environment: { main: { ...inherited, ...Object.fromEntries(own.values) }, inits },
    slot: {
      number,
      command: argvOf(service, lookup),
      cwd: process.cwd,
      inits: service.init.map((init) => initSpec(init, process.cwd, lookup)),
      ports: Object.fromEntries(
        ports.map((port) => [
          port.name,
          known(listenPort(service.name, port, number, facts.ports), port.name, service),
        ]),
      ),
      scratch: scratchFolders(service.mounts, root),
      health: healthSpec(service, lookup),
    },
  }
}

/** The environment of this command without what is ours, so that a program finds what it would find in the user's terminal. */
export function inheritedEnvironment({
  environment = process.env,
}: ProcessDriverOptions): Record<string, string> {
  const entries = Object.entries(environment).filter(
    ([name, value]) => value !== undefined && !name.startsWith('IAMSTACK_'),
  )
  return Object.fromEntries(entries) as Record<string, string>
}

export function withEnvOf(
  base: ReadonlyMap<string, EnvValue>,
  unit: Pick<Init, 'process'> & { readonly env: ReadonlyMap<string, EnvValue> },
): Map<string, EnvValue> {
  return new Map([...base, ...unit.env, ...(unit.process?.env ?? [])])
}

/** One text is a shell line, several are an argv. */
export function argvOf(unit: Pick<Init | JobLike, 'process'>, lookup: Lookup): string[] {
  const isLine = !Array.isArray(unit.process?.run)
  const words = commandOf(unit).map((text: Text) => renderText(text, lookup))
  return isLine ? shellCommand(words.join('')) : words
}

/** What `env: { X: { field } }` means where there is no pod. */
export function fieldOf(name: string, namespace: string) {
  return (field: 'pod-ip' | 'node' | 'namespace' | 'name'): string => {
    switch (field) {
      case 'pod-ip':
        return '127.0.0.1'
      case 'node':
        return 'localhost'
      case 'namespace':
        return namespace
      case 'name':
        return name
      default:
        return field satisfies never
    }
  }
}

function initSpec(init: Init, cwd: string, lookup: Lookup): InitSpec {
  return {
    name: init.name,
    command: argvOf(init, lookup),
    cwd: init.process?.cwd ?? cwd,
    timeout: init.timeout,
  }
}

function healthSpec(service: Service, lookup: Lookup): HealthSpec | undefined {
  if (!service.health) return undefined
  const { readiness, liveness, startup, startPeriod } = service.health
  const spec = (probe: Probe): ProbeSpec => ({
    check: checkSpec(probe.check, lookup),
    every: probe.every,
    timeout: probe.timeout,
    retries: probe.retries,
  })
  return {
    readiness: spec(readiness),
    liveness: liveness && spec(liveness),
    startup: startup && spec(startup),
    startPeriod,
  }
}

function checkSpec(check: Check, lookup: Lookup): CheckSpec {
  switch (check.kind) {
    case 'exec':
      return { kind: 'exec', command: check.command.map((text) => renderText(text, lookup)) }
    case 'http':
      return { ...check, headers: Object.fromEntries(check.headers) }
    case 'tcp':
    case 'grpc':
      return check
    default:
      return check satisfies never
  }
}

/** `healthy` of a service elsewhere means that its first port takes connections from here. */
function reachable(ports: Readonly<Record<string, number>>): HealthSpec | undefined {
  const [port] = Object.keys(ports)
  if (port === undefined) return undefined
  const readiness: ProbeSpec = { check: { kind: 'tcp', port }, every: 2000, timeout: 3000, retries: 3 }
  return { readiness, liveness: undefined, startup: undefined, startPeriod: 0 }
}

function known(port: number | undefined, name: string, service: Service): number {
  if (port !== undefined) return port
  throw new StepError('internal', `no port was given out for ${service.name}.${name}`, { span: service.from })
}
