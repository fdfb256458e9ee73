import { digest } from '../../plan/hash.ts'
import type { UpdateOp } from '../../plan/resource.ts'
import type { EnvValue, Init, Mount, ResolvedStack, SecretKey, Service } from '../../resolve/resolved.ts'
import { renderText, type Reference } from '../../resolve/text.ts'
import type { Facts } from '../facts.ts'
import { lookupFor } from './lookup.ts'
import type { JobLike } from './options.ts'
import { canOverlap, servedPorts } from './ports.ts'
import { commandOf } from './texts.ts'

type Unit = Service | JobLike
type Lookup = (reference: Reference) => string

/** What a difference costs. Programs read their files and environment at the start, so nearly everything is a restart. */
export const serviceUpdates: Partial<Record<string, UpdateOp>> = {
  run: 'restart',
  source: 'restart',
  env: 'restart',
  init: 'restart',
  mounts: 'restart',
  config: 'restart',
  secret: 'restart',
  cert: 'restart',
  ports: 'restart',
  health: 'update',
  stop: 'update',
  'restart-policy': 'update',
  replicas: 'scale',
}

export function partsOfService(service: Service, stack: ResolvedStack, facts: Facts): Record<string, string> {
  const lookup = lookupFor(stack, facts, { service: service.name, slot: 1, root: undefined })
  if (service.external) {
    const { host, ports } = service.external
    const places = [...ports].map(([name, port]) => [name, renderText(port, lookup)])
    return { address: digest([renderText(host, lookup), places]), ...healthPart(service, lookup) }
  }
  return {
    ...partsOfUnit(service, stack, facts, lookup),
    ...(service.init.length > 0 && { init: digest(service.init.map((init) => initShape(init, lookup))) }),
    ...(service.ports.size > 0 && {
      ports: digest([servedPorts(service, facts.configs), canOverlap(service, stack, facts.configs)]),
    }),
    ...healthPart(service, lookup),
    stop: digest([service.stop]),
    'restart-policy': service.restart,
    replicas: String(service.replicas),
  }
}

export function partsOfJob(job: JobLike, stack: ResolvedStack, facts: Facts): Record<string, string> {
  const lookup = lookupFor(stack, facts, { service: undefined, slot: 1, root: undefined })
  return partsOfUnit(job, stack, facts, lookup)
}

/** Parts that a running program takes up by a signal instead of a restart: files it mounts and does not read into its environment. */
export function updatesOfService(service: Service, facts: Facts): Partial<Record<string, UpdateOp>> {
  if (service.reload.kind !== 'signal') return serviceUpdates
  const mounted = service.mounts.flatMap((mount) => namesOfMount(mount, facts))
  const read = new Set([
    ...service.envFrom.map(({ kind, name }) => `${kind} ${name}`),
    ...[service, ...service.init]
      .flatMap((unit) => [...unit.env.values(), ...(unit.process?.env.values() ?? [])])
      .flatMap(namesOfValue),
  ])
  const reloaded = mounted.filter((name) => !read.has(name))
  return { ...serviceUpdates, ...Object.fromEntries(reloaded.map((name) => [name, 'reload' as const])) }
}

function partsOfUnit(unit: Unit, stack: ResolvedStack, facts: Facts, lookup: Lookup): Record<string, string> {
  const kind = 'ports' in unit ? 'service' : 'job'
  const source = facts.sources.get(`${kind}/${unit.name}`)
  const env = [...unit.env, ...(unit.process?.env ?? [])]
  return {
    run: digest([commandOf(unit).map((text) => renderText(text, lookup)), unit.process?.cwd]),
    ...(source !== undefined && { source }),
    ...(env.length + unit.envFrom.length > 0 && {
      env: digest([
        env.map(([name, value]) => [name, valueShape(value, lookup)]),
        unit.envFrom.map(withoutPlace),
      ]),
    }),
    ...(unit.mounts.length > 0 && { mounts: digest(unit.mounts.map(withoutPlace)) }),
    ...contentParts(unit, stack, facts, lookup),
  }
}

/** One part for each config, secret and certificate that is read, so that a plan can name what changed. */
function contentParts(
  unit: Unit,
  stack: ResolvedStack,
  facts: Facts,
  lookup: Lookup,
): Record<string, string> {
  const inits = 'init' in unit ? unit.init : []
  const values = [unit, ...inits].flatMap(({ env, process }) => [
    ...env.values(),
    ...(process?.env.values() ?? []),
  ])
  const configs = new Set<string>()
  const certs = new Set<string>()
  const keys: SecretKey[] = []
  const everyKey = (secret: string): SecretKey[] =>
    [...(stack.secrets.get(secret)?.keys.keys() ?? [])].map((key) => ({ secret, key }))
  for (const value of values) {
    if (value.kind === 'config') configs.add(value.config)
    if (value.kind === 'secret') keys.push(value)
    if (value.kind === 'text')
      keys.push(
        ...value.text.parts.flatMap((part) =>
          typeof part !== 'string' && part.kind === 'secret' ? [part] : [],
        ),
      )
  }
  for (const { kind, name } of unit.envFrom) {
    if (kind === 'config') configs.add(name)
    else keys.push(...everyKey(name))
  }
  for (const mount of unit.mounts) {
    if (mount.kind === 'config') configs.add(mount.config)
    if (mount.kind === 'cert') certs.add(mount.cert)
    if (mount.kind === 'secret')
      keys.push(
        ...everyKey(mount.secret).filter(({ key }) =>
          mount.key === undefined ? (mount.keys?.includes(key) ?? true) : mount.key === key,
        ),
      )
  }
  for (const config of configs)
    keys.push(...(facts.configs.get(config)?.files ?? []).flatMap((file) => file.secrets))
  const parts: Record<string, string> = {}
  for (const name of configs) parts[`config ${name}`] = configDigest(name, facts, lookup)
  for (const name of certs) parts[`cert ${name}`] = facts.certs.get(name) ?? 'new'
  for (const { secret } of keys) parts[`secret ${secret}`] ??= secretDigest(secret, keys, facts)
  return parts
}

/** What its files say to this reader: a port that moved is a change, a secret is counted by its own part. */
function configDigest(name: string, facts: Facts, lookup: Lookup): string {
  const files = facts.configs.get(name)?.files ?? []
  return digest(
    files.map(({ path, hash, content }) => [
      path,
      hash,
      content.kind === 'text' ? renderText(content.text, lookup) : '',
    ]),
  )
}

function secretDigest(secret: string, used: readonly SecretKey[], facts: Facts): string {
  const names = [...new Set(used.filter((each) => each.secret === secret).map(({ key }) => key))].sort()
  return digest(names.map((key) => [key, facts.secrets.get(secret)?.get(key) ?? 'new']))
}

function healthPart(service: Service, lookup: Lookup): Record<string, string> {
  if (!service.health) return {}
  const { readiness, liveness, startup, startPeriod } = service.health
  const probes = [readiness, liveness, startup].map((probe) => {
    if (!probe) return undefined
    const { check } = probe
    const shape = check.kind === 'exec' ? check.command.map((text) => renderText(text, lookup)) : check
    return [shape, probe.every, probe.timeout, probe.retries]
  })
  return { health: digest([probes, startPeriod]) }
}

function initShape(init: Init, lookup: Lookup): unknown {
  const env = [...init.env, ...(init.process?.env ?? [])].map(([name, value]) => [
    name,
    valueShape(value, lookup),
  ])
  return [
    init.name,
    commandOf(init).map((text) => renderText(text, lookup)),
    init.process?.cwd,
    env,
    init.timeout,
  ]
}

function valueShape(value: EnvValue, lookup: Lookup): unknown {
  return value.kind === 'text' ? renderText(value.text, lookup) : withoutPlace(value)
}

/** Moving a line in the stack file changes nothing. */
function withoutPlace<T extends { readonly from: unknown }>({ from: _, ...rest }: T): Omit<T, 'from'> {
  return rest
}

function namesOfMount(mount: Mount, facts: Facts): string[] {
  switch (mount.kind) {
    case 'config': {
      const secrets = (facts.configs.get(mount.config)?.files ?? []).flatMap((file) => file.secrets)
      return [`config ${mount.config}`, ...secrets.map(({ secret }) => `secret ${secret}`)]
    }
    case 'secret':
      return [`secret ${mount.secret}`]
    case 'cert':
      return [`cert ${mount.cert}`]
    case 'volume':
    case 'scratch':
    case 'bind':
      return []
    default:
      return mount satisfies never
  }
}

function namesOfValue(value: EnvValue): string[] {
  switch (value.kind) {
    case 'secret':
      return [`secret ${value.secret}`]
    case 'config':
      return [`config ${value.config}`]
    case 'text':
      return value.text.parts.flatMap((part) =>
        typeof part !== 'string' && part.kind === 'secret' ? [`secret ${part.secret}`] : [],
      )
    case 'field':
      return []
    default:
      return value satisfies never
  }
}
