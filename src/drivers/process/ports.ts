import { createHash } from 'node:crypto'
import type { ResolvedStack, Service } from '../../resolve/resolved.ts'
import { referencesOf, type Text } from '../../resolve/text.ts'
import { textsOf } from './texts.ts'
import type { Facts } from '../facts.ts'

/** How one port of a service is served on this machine. */
export interface ServedPort {
  readonly name: string
  /** The program listens where `${self.port.NAME}` says; otherwise it has a port of its own, the one it declares. */
  readonly followsUs: boolean
  /** The session listens on the address and passes connections on to replicas. */
  readonly isBalanced: boolean
  /** The port of the address where the stack file fixes it. */
  readonly fixed: number | undefined
  /** What the program declares. */
  readonly declared: number
}

const remembered = new WeakMap<
  Service,
  { readonly configs: Facts['configs']; readonly ports: readonly ServedPort[] }
>()

/** How each port of a service is served. Asked once per reference of a stack, so the answer is remembered. */
export function servedPorts(service: Service, configs: Facts['configs']): readonly ServedPort[] {
  const known = remembered.get(service)
  if (known?.configs === configs) return known.ports
  const ports = lookAtPorts(service, configs)
  remembered.set(service, { configs, ports })
  return ports
}

function lookAtPorts(service: Service, configs: Facts['configs']): ServedPort[] {
  const followed = new Set(
    textsOf(service, configs).flatMap((text: Text) =>
      referencesOf(text).flatMap((reference) => (reference.kind === 'self-port' ? [reference.port] : [])),
    ),
  )
  return [...service.ports.values()].map(({ name, port, protocol }) => {
    const exposed = service.expose.get(name)?.port
    const followsUs = followed.has(name)
    const isElsewhere = !followsUs && exposed !== undefined && exposed !== port
    const rollsOnFixedPort = exposed !== undefined && followsUs && asksForRolling(service)
    return {
      name,
      followsUs,
      isBalanced: protocol === 'tcp' && (mayHaveReplicas(service) || isElsewhere || rollsOnFixedPort),
      fixed: exposed ?? (followsUs ? undefined : port),
      declared: port,
    }
  })
}

/** Whether a new replica can run beside the old one: nothing that both would want for themselves. */
export function canOverlap(service: Service, stack: ResolvedStack, configs: Facts['configs']): boolean {
  const sharesVolume = service.mounts.some(
    (mount) => mount.kind === 'volume' && stack.volumes.get(mount.volume)?.access === 'single',
  )
  if (service.update.strategy === 'recreate' || service.isSingleton || sharesVolume) return false
  return servedPorts(service, configs).every((port) => port.isBalanced && port.followsUs)
}

/** How many slots a service has: one more than replicas where the new ones start before the old ones end. */
export function slotCount(service: Service, replicas: number, overlaps: boolean): number {
  if (service.external) return 0
  return overlaps ? replicas + 1 : replicas
}

function mayHaveReplicas(service: Service): boolean {
  return service.replicas > 1 || (service.scale?.max ?? 1) > 1
}

/** Rolling is the default everywhere; only where the file says so is it worth a proxy before a single replica. */
function asksForRolling(service: Service): boolean {
  if (service.update.strategy !== 'rolling') return false
  const { line, column } = service.at('update.strategy')
  return line !== service.from.line || column !== service.from.column
}

export const addressKey = (service: string, port: string): string => `${service}.${port}`
export const slotKey = (service: string, port: string, slot: number): string =>
  `${service}.${port}#${String(slot)}`
export const gatewayKey = 'gateway.main'

/** Where a port of a service answers; undefined while no port was given out for it. */
export function addressPort(service: string, port: ServedPort, ports: Facts['ports']): number | undefined {
  return port.fixed ?? ports.get(addressKey(service, port.name))
}

/** Where the replica in a slot listens. */
export function listenPort(
  service: string,
  port: ServedPort,
  slot: number,
  ports: Facts['ports'],
): number | undefined {
  if (!port.followsUs) return port.declared
  return port.isBalanced ? ports.get(slotKey(service, port.name, slot)) : addressPort(service, port, ports)
}

/** Without an instance the port of the stack file; copies beside it get one of their own. */
export function gatewayPort(stack: ResolvedStack, ports: Facts['ports']): number | undefined {
  return stack.instance === undefined ? stack.gateway.port : ports.get(gatewayKey)
}

/** Every port that we choose, by its key. */
export function chosenPortKeys(stack: ResolvedStack, configs: Facts['configs']): string[] {
  const keys = [...stack.services.values()].flatMap((service) => {
    if (service.external || !service.process) return []
    const replicas = Math.max(service.replicas, service.scale?.max ?? 0)
    const slots = slotCount(service, replicas, canOverlap(service, stack, configs))
    return servedPorts(service, configs).flatMap((port) => [
      ...(port.fixed === undefined ? [addressKey(service.name, port.name)] : []),
      ...(port.isBalanced && port.followsUs
        ? Array.from({ length: slots }, (_, index) => slotKey(service.name, port.name, index + 1))
        : []),
    ])
  })
  return stack.routes.size > 0 && stack.instance !== undefined ? [...keys, gatewayKey] : keys
}

export interface PortAssignment {
  readonly ports: ReadonlyMap<string, number>
  /** Ports that were given out before and are taken by somebody else now, or are new. */
  readonly changes: readonly {
    readonly key: string
    readonly from: number | undefined
    readonly to: number
  }[]
}

/**
 * Gives every port that the stack leaves open a number and keeps it as long as nobody else takes it. Numbers begin where the
 * name says, so that they are mostly the same on every machine, and stay below the range from which systems give ports to
 * outgoing connections (32 768 on Linux, 49 152 on macOS).
 */
export async function assignPorts(
  stack: ResolvedStack,
  configs: Facts['configs'],
  known: ReadonlyMap<string, number>,
  isFree: (port: number) => Promise<boolean>,
): Promise<PortAssignment> {
  const ports = new Map(known)
  const changes: PortAssignment['changes'][number][] = []
  const used = new Set([...fixedPorts(stack, configs), ...known.values()])
  for (const key of chosenPortKeys(stack, configs)) {
    const from = known.get(key)
    if (from !== undefined && (await isFree(from))) continue
    const to = await firstFree(`${stack.project}/${key}`, used, isFree)
    used.add(to)
    ports.set(key, to)
    changes.push({ key, from, to })
  }
  return { ports, changes }
}

function fixedPorts(stack: ResolvedStack, configs: Facts['configs']): number[] {
  return [...stack.services.values()].flatMap((service) =>
    servedPorts(service, configs).flatMap(({ fixed, declared }) => [fixed ?? [], declared].flat()),
  )
}

const range = { first: 20_000, count: 12_000 }

async function firstFree(
  name: string,
  used: ReadonlySet<number>,
  isFree: (port: number) => Promise<boolean>,
): Promise<number> {
  const start = createHash('sha256').update(name).digest().readUInt32BE(0) % range.count
  for (let offset = 0; offset < range.count; offset += 1) {
    const port = range.first + ((start + offset) % range.count)
    if (!used.has(port) && (await isFree(port))) return port
  }
  throw new Error(`no free port between ${String(range.first)} and ${String(range.first + range.count)}`)
}
