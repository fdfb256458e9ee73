import type { ContainerSpec, HostConfig } from '../../../platform/engine/container-spec.ts'
import type { Job, ResolvedStack, Resources, Service } from '../../../resolve/resolved.ts'
import { renderText, type Text } from '../../../resolve/text.ts'
import type { Facts } from '../../facts.ts'
import { environmentOf } from '../../inner-environment.ts'
import { healthcheckOf } from './health.ts'
import { lookupIn, type Lookup } from '../../inner-lookup.ts'
import { podOwner } from '../../pods.ts'
import { portsOfContainer, type Publication } from './ports.ts'

/** What a container body is made from besides the service or job itself. */
interface BodyContext {
  readonly stack: ResolvedStack
  readonly facts: Facts
  readonly image: string
  readonly publications: readonly Publication[]
}

/** The container of a service, without labels, mounts and networks. */
export function serviceBody(service: Service, context: BodyContext): ContainerSpec {
  const { stack, facts } = context
  const lookup = lookupIn(stack, service.ports)
  const isMember = podOwner(stack, service) !== service
  const { ExposedPorts, PortBindings } = portsOfContainer(stack, service, context.publications)
  const healthcheck = healthcheckOf(service.health, lookup)
  const body: ContainerSpec = {
    ...programOf(context.image, service, lookup),
    Env: listed(environmentOf(service, { stack, facts, lookup })),
    ...(service.workingDir !== undefined && { WorkingDir: service.workingDir }),
    ...(service.tty && { Tty: true, OpenStdin: true }),
    ...(service.hostname !== undefined && !isMember && { Hostname: service.hostname }),
    ...userOf(service),
    ...(Object.keys(ExposedPorts).length > 0 && { ExposedPorts }),
    ...(healthcheck && { Healthcheck: healthcheck }),
    ...(service.stop.signal !== undefined && { StopSignal: service.stop.signal }),
    StopTimeout: graceOf(service),
    HostConfig: {
      ...hostConfigOf(service.resources, service),
      ...(Object.keys(PortBindings).length > 0 && { PortBindings }),
      ...(service.fsGroup !== undefined && { GroupAdd: [String(service.fsGroup)] }),
      ...capabilitiesOf(service),
      ...(service.isPrivileged && { Privileged: true }),
      RestartPolicy: restartPolicyOf(service),
    },
  }
  return withPatch(body, service.patches.compose)
}

/** The container of a job: runs once, and stays as the record of it. */
export function jobBody(job: Job, context: BodyContext): ContainerSpec {
  const { stack, facts } = context
  const lookup = lookupIn(stack, new Map())
  return {
    ...programOf(context.image, job, lookup),
    Env: listed(environmentOf(job, { stack, facts, lookup })),
    ...(job.workingDir !== undefined && { WorkingDir: job.workingDir }),
    ...userOf(job),
    HostConfig: { ...hostConfigOf(job.resources, job), RestartPolicy: { Name: 'no' } },
  }
}

/** The container of an init step: the service's own, but for program, health and ports, and it runs once. */
export function initBody(
  service: Service,
  init: Service['init'][number],
  image: string,
  context: BodyContext,
): ContainerSpec {
  const { stack, facts } = context
  const lookup = lookupIn(stack, service.ports)
  const own = environmentOf({ env: init.env, envFrom: [] }, { stack, facts, lookup })
  const inherited = environmentOf(service, { stack, facts, lookup })
  return {
    ...programOf(image, init, lookup),
    Env: listed(new Map([...inherited, ...own])),
    ...(service.workingDir !== undefined && { WorkingDir: service.workingDir }),
    ...userOf(service),
    Healthcheck: { Test: ['NONE'] },
    HostConfig: { ...withoutPorts(serviceBody(service, context).HostConfig), RestartPolicy: { Name: 'no' } },
  }
}

function withoutPorts(hostConfig: HostConfig = {}): HostConfig {
  const { PortBindings, ...others } = hostConfig
  return PortBindings ? others : hostConfig
}

/** Seconds between the stop signal and the end by force. */
function graceOf(service: Service): number {
  return Math.ceil(service.stop.grace / 1000)
}

/** Entrypoint and command are argv as written: nothing expands them but our own references. */
function programOf(
  image: string,
  { entrypoint, command }: Pick<Job, 'entrypoint' | 'command'>,
  lookup: Lookup,
): Pick<ContainerSpec, 'Image' | 'Entrypoint' | 'Cmd'> {
  const words = (texts: readonly Text[]): string[] => texts.map((text) => renderText(text, lookup))
  return {
    Image: image,
    ...(entrypoint && { Entrypoint: words(entrypoint) }),
    ...(command && { Cmd: words(command) }),
  }
}

function listed(environment: ReadonlyMap<string, string>): string[] {
  return [...environment].map(([name, value]) => `${name}=${value}`)
}

function userOf({ user, group }: Pick<Service, 'user' | 'group'>): { readonly User?: string } {
  if (user === undefined && group === undefined) return {}
  // Without a user the engine takes the image's, so a group alone has to name root.
  return { User: group === undefined ? (user ?? '') : `${user ?? '0'}:${group}` }
}

function hostConfigOf(resources: Resources, { isReadOnlyRoot }: { isReadOnlyRoot: boolean }): HostConfig {
  const { limits } = resources
  return {
    ...(limits.cpu !== undefined && { NanoCpus: limits.cpu * 1_000_000 }),
    // One processor is 1024 shares, as Kubernetes counts requests.
    ...(resources.cpu !== undefined && { CpuShares: Math.max(2, Math.round((resources.cpu * 1024) / 1000)) }),
    ...(limits.memory !== undefined && { Memory: limits.memory }),
    ...(resources.memory !== undefined && {
      MemoryReservation: Math.min(resources.memory, limits.memory ?? resources.memory),
    }),
    ...(isReadOnlyRoot && { ReadonlyRootfs: true }),
  }
}

function capabilitiesOf({ capabilities: { add, drop } }: Service): HostConfig {
  return {
    ...(add.length > 0 && { CapAdd: add }),
    ...(drop.length > 0 && { CapDrop: drop }),
  }
}

/** `unless-stopped` differs from `always` in one way: what we stopped stays so when the engine starts again. */
function restartPolicyOf({ restart }: Service): NonNullable<HostConfig['RestartPolicy']> {
  switch (restart) {
    case 'always':
      return { Name: 'unless-stopped' }
    case 'on-failure':
      return { Name: 'on-failure' }
    case 'no':
      return { Name: 'no' }
    default:
      return restart satisfies never
  }
}

/** The user's last word on the body of the create request: maps merge by key, lists and scalars replace, null removes. */
function withPatch(body: ContainerSpec, patch: unknown): ContainerSpec {
  return isRecord(patch) ? (merged(body, patch) as ContainerSpec) : body
}

function merged(base: unknown, patch: unknown): unknown {
  if (!isRecord(base) || !isRecord(patch)) return patch
  const entries = new Map<string, unknown>(Object.entries(base))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) entries.delete(key)
    else entries.set(key, merged(entries.get(key), value))
  }
  return Object.fromEntries(entries)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
