import type { ClusterAbilities } from '../clusters/cluster.ts'
import { selectorOf } from '../drivers/kubernetes/labels.ts'
import { podOwner } from '../drivers/pods.ts'
import type { Exposure, Port, ResolvedStack, Service } from '../resolve/resolved.ts'
import type { ClusterPlace, ForwardSpec } from './protocol.ts'

export interface WantedForwards {
  readonly forwards: readonly ForwardSpec[]
  /** What a person should know: what stands in for something that the cluster has not. */
  readonly told: readonly string[]
}

/** Exposed ports that a cluster does not bring to this machine by itself, each with the forward that does. Pure. */
export function wantedForwards(
  stack: ResolvedStack,
  abilities: Pick<ClusterAbilities, 'loadBalancer' | 'nodePorts'>,
  ports: ReadonlyMap<string, number>,
  cluster: ClusterPlace,
): WantedForwards {
  const forwards: ForwardSpec[] = []
  const told: string[] = []
  for (const service of stack.services.values()) {
    if (service.external || service.workload === 'cron') continue
    for (const [name, exposure] of service.expose) {
      const port = service.ports.get(name)
      const missing = missingWay(exposure, abilities)
      if (!port || missing === undefined) continue
      if (port.protocol === 'udp') {
        told.push(
          `${service.name}.${name} is UDP, which no forward can carry: it does not answer on this machine`,
        )
        continue
      }
      if (missing !== '')
        told.push(`${missing}: ${service.name}.${name} is forwarded to this machine instead`)
      const local = exposure.port ?? ports.get(`${service.name}.${name}`) ?? port.port
      forwards.push({
        ...forwardTo(stack, service, port),
        local,
        isFixed: exposure.port !== undefined,
        cluster,
      })
    }
  }
  return { forwards, told }
}

/** The pods behind a port of a service. */
export function forwardTo(
  stack: ResolvedStack,
  service: Service,
  { name, port }: Port,
): Pick<ForwardSpec, 'name' | 'service' | 'port' | 'target'> {
  return {
    name: `${service.name}.${name}`,
    service: service.name,
    port: name,
    target: {
      namespace: stack.namespace,
      selector: selectorOf(stack.project, podOwner(stack, service).name),
      port,
    },
  }
}

/** What the cluster lacks, in words; empty where a forward is what was asked for, undefined where none is needed. */
function missingWay(
  { kind }: Exposure,
  { loadBalancer, nodePorts }: Pick<ClusterAbilities, 'loadBalancer' | 'nodePorts'>,
): string | undefined {
  switch (kind) {
    case 'none':
    case 'internal':
      return undefined
    case 'local':
      return ''
    case 'load-balancer':
      return loadBalancer === 'none' ? 'this cluster has no load balancers' : undefined
    case 'node':
      return nodePorts === 'none' ? 'the ports of the nodes cannot be reached' : undefined
    default:
      return kind satisfies never
  }
}
