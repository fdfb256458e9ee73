import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Port, Service } from '../../../resolve/resolved.ts'
import { selectorOf } from '../labels.ts'
import type { DesiredObject } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { governingServiceOf, loadBalancerOf, nodePortsOf } from './names.ts'
import { desiredObject, filled, textsOf, isRecord } from './objects.ts'

/** The Services of a stack's service, and which of them say that it is ready. */
export interface ServiceObjects {
  readonly objects: readonly DesiredObject[]
  /** Those whose endpoints must be there. */
  readonly withEndpoints: readonly string[]
  readonly loadBalancers: readonly string[]
}

/**
 * One Service under the stack's own name for the inside, and one for each way out, so that a changed exposure never touches the
 * inner address (S79). Members of a pod have Services of their own that lead to the pod.
 */
export function serviceObjects(
  service: Service,
  members: readonly Service[],
  context: DesiredContext,
): ServiceObjects {
  if (service.workload === 'cron') return { objects: [], withEndpoints: [], loadBalancers: [] }
  const inner = innerService(service, members, context)
  const governing = governingService(service, members, context)
  const balanced = exposedService(service, members, 'load-balancer', context)
  const onNodes = exposedService(service, members, 'node', context)
  return {
    objects: [...inner, ...governing, ...onNodes, ...balanced],
    withEndpoints: [...inner, ...onNodes, ...balanced]
      .filter(({ object }) => isRecord(object['spec']) && object['spec']['ports'] !== undefined)
      .map(({ object }) => object.metadata.name),
    loadBalancers: balanced.map(({ object }) => object.metadata.name),
  }
}

/** Ports that others in the cluster may reach. */
function innerPorts(service: Service): Port[] {
  return [...service.ports.values()].filter(({ name }) => service.expose.get(name)?.kind !== 'none')
}

function innerService(
  service: Service,
  members: readonly Service[],
  context: DesiredContext,
): DesiredObject[] {
  const ports = innerPorts(service)
  const isGoverning = service.workload === 'stateful' && service.isHeadless
  // A member of a pod is nothing else in the cluster than what leads to it, so it has a name even where nobody may call.
  const isNameOnly = ports.length === 0 && members[0] !== service
  if (ports.length === 0 && !isGoverning && !isNameOnly) return []
  return [
    makeService(service, members, context, {
      name: service.name,
      spec: filled({
        // The name leads to the replicas themselves (S85).
        clusterIP: service.isHeadless || isNameOnly ? 'None' : undefined,
        ports: ports.map((port) => portOf(port, port.port, members)),
      }),
    }),
  ]
}

/** Names of the replicas of a StatefulSet are below a headless Service; they find one another before they are ready. */
function governingService(
  service: Service,
  members: readonly Service[],
  context: DesiredContext,
): DesiredObject[] {
  if (service.workload !== 'stateful' || service.isHeadless || members[0] !== service) return []
  return [
    makeService(service, members, context, {
      name: governingServiceOf(service.name),
      spec: filled({
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        ports: innerPorts(service).map((port) => portOf(port, port.port, members)),
      }),
    }),
  ]
}

/** A Service for a way out; none where the cluster has no such way (a forward takes its place). */
function exposedService(
  service: Service,
  members: readonly Service[],
  way: 'load-balancer' | 'node',
  context: DesiredContext,
): DesiredObject[] {
  const { abilities } = context.cluster
  if ((way === 'load-balancer' ? abilities.loadBalancer : abilities.nodePorts) === 'none') return []
  const ports = [...service.ports.values()].filter(({ name }) => service.expose.get(name)?.kind === way)
  if (ports.length === 0) return []
  if (way === 'node') {
    const spec = {
      type: 'NodePort',
      ports: ports.map((port) => {
        const nodePort = service.expose.get(port.name)?.port
        return { ...portOf(port, port.port, members), ...(nodePort !== undefined && { nodePort }) }
      }),
    }
    return [makeService(service, members, context, { name: nodePortsOf(service.name), spec })]
  }
  const spec = {
    type: 'LoadBalancer',
    ports: ports.map((port) => portOf(port, balancedPort(service, port, context), members)),
  }
  const annotations = clusterAnnotationsOf(service)
  return [makeService(service, members, context, { name: loadBalancerOf(service.name), spec, annotations })]
}

/** Balancers on this machine share its ports, so what was given out to this stack counts; those of a cloud have their own address. */
function balancedPort(service: Service, { name, port }: Port, { facts, cluster }: DesiredContext): number {
  const isHere = cluster.abilities.loadBalancer === 'localhost'
  const given = isHere ? facts.ports.get(`${service.name}.${name}`) : undefined
  return given ?? service.expose.get(name)?.port ?? port
}

/** Annotations that only a cluster understands (`service.kubernetes.annotations`), for load balancers and workloads (S81). */
export function clusterAnnotationsOf({ patches }: Service): Record<string, string> {
  return isRecord(patches.kubernetes) ? textsOf(patches.kubernetes['annotations']) : {}
}

/** Labels for all objects of a service (`service.kubernetes.labels`). */
export function clusterLabelsOf({ patches }: Service): Record<string, string> {
  return isRecord(patches.kubernetes) ? textsOf(patches.kubernetes['labels']) : {}
}

/** Names of ports are unique in a container, not in a pod. */
function portOf({ name, port, protocol }: Port, outside: number, members: readonly Service[]): object {
  const isUnique = members.filter(({ ports }) => ports.has(name)).length < 2
  return { name, protocol: protocol.toUpperCase(), port: outside, targetPort: isUnique ? name : port }
}

function makeService(
  service: Service,
  [owner = service]: readonly Service[],
  { stack }: DesiredContext,
  { name, spec, annotations }: { name: string; spec: object; annotations?: Record<string, string> },
): DesiredObject {
  return desiredObject(stack, {
    kind: kinds.Service,
    name,
    resource: `service/${service.name}`,
    ...(annotations && { annotations }),
    fields: { spec: { ...spec, selector: selectorOf(stack.project, owner.name) } },
    from: service.from,
  })
}
