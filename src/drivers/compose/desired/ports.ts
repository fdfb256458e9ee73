import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Facts } from '../../facts.ts'
import type { NetworkCheck } from '../options.ts'
import { podMates, podOwner } from '../../pods.ts'
import { runningServices } from './pods.ts'

/** Published ports are for this machine alone; other addresses are asked for with `compose: { patch }`. */
export const loopback = '127.0.0.1'

/** A port of a service that answers on this machine. */
export interface Publication {
  readonly service: Service
  readonly port: string
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
  /** Undefined lets the engine choose. */
  readonly hostPort: number | undefined
  /** Who owns the port of the host. */
  readonly by: 'container' | 'gateway'
}

/** Every port that the stack exposes on this machine. */
export function publicationsOf(stack: ResolvedStack, facts: Facts): Publication[] {
  return runningServices(stack).flatMap((service) =>
    [...service.expose].flatMap(([name, exposure]): Publication[] => {
      const port = service.ports.get(name)
      if (!port || exposure.kind === 'none' || exposure.kind === 'internal') return []
      const hostPort = facts.ports.get(`${service.name}.${name}`) ?? exposure.port
      const isShared = port.protocol === 'tcp' && needsGateway(stack, service, exposure.port !== undefined)
      return [
        {
          service,
          port: name,
          containerPort: port.port,
          protocol: port.protocol,
          hostPort,
          by: isShared ? 'gateway' : 'container',
        },
      ]
    }),
  )
}

/** Replicas: those of the pod's owner, or of the service itself. */
export function replicasOf(stack: ResolvedStack, service: Service): number {
  return podOwner(stack, service).replicas
}

/** Only one container of a service may run at a time, so that its data never has two writers. */
export function isExclusive(stack: ResolvedStack, service: Service): boolean {
  return podMates(stack, service).some(
    ({ isSingleton, workload, update }) =>
      isSingleton || workload === 'stateful' || update.strategy === 'recreate',
  )
}

/** The ports of a container, as the Engine API wants them: what is exposed, and a loopback port for each check of ours. */
export function portsOfContainer(
  stack: ResolvedStack,
  service: Service,
  publications: readonly Publication[],
): {
  readonly ExposedPorts: Record<string, Record<string, never>>
  readonly PortBindings: Record<string, { HostIp: string; HostPort: string }[]>
} {
  const ExposedPorts: Record<string, Record<string, never>> = {}
  const PortBindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  if (podOwner(stack, service) !== service) return { ExposedPorts, PortBindings }
  for (const member of podMates(stack, service)) {
    for (const { port, protocol } of member.ports.values()) ExposedPorts[`${port}/${protocol}`] = {}
    for (const each of publications) {
      if (each.service !== member || each.by !== 'container') continue
      const HostPort = each.hostPort === undefined ? '' : String(each.hostPort)
      PortBindings[`${each.containerPort}/${each.protocol}`] = [{ HostIp: loopback, HostPort }]
    }
    const probed = probeOf(member)
    if (probed) {
      ExposedPorts[`${probed.port}/tcp`] = {}
      PortBindings[`${probed.port}/tcp`] ??= [{ HostIp: loopback, HostPort: '' }]
    }
  }
  return { ExposedPorts, PortBindings }
}

/** The check that we make from this machine, and the port inside that it asks. */
export function probeOf(
  service: Service,
): { readonly check: NetworkCheck; readonly port: number } | undefined {
  const check = service.health?.readiness.check
  if (!check || check.kind === 'exec') return undefined
  const port = service.ports.get(check.port)?.port ?? Number(check.port)
  return Number.isInteger(port) ? { check, port } : undefined
}

function needsGateway(stack: ResolvedStack, service: Service, isFixed: boolean): boolean {
  if (isExclusive(stack, service)) return false
  return replicasOf(stack, service) > 1 || (isFixed && asksForRolling(service))
}

/** Whether the stack file itself says `strategy: rolling`; the default alone does not call for a gateway. */
function asksForRolling(service: Service): boolean {
  if (service.update.strategy !== 'rolling') return false
  const written = service.at('update.strategy')
  return ![service.from, service.at('update')].some(
    ({ line, column, file }) => line === written.line && column === written.column && file === written.file,
  )
}
