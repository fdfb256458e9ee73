import type { Port, ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Diagnostic, Span } from '../../../stack/diagnostics.ts'
import type { ClusterFacts } from '../desired/context.ts'
import { ignored, refused, when } from './finding.ts'

/** Ways in that this cluster does not have, or that two services would take (S79, S80). */
export function exposureFindings(stack: ResolvedStack, cluster: ClusterFacts): Diagnostic[] {
  const services = [...stack.services.values()].filter(({ external }) => !external)
  return [
    ...services.flatMap((service) => [
      ...samePorts(service),
      ...[...service.ports.values()].flatMap((port) => portFindings(service, port, cluster)),
    ]),
    ...sharedHostPorts(services, cluster),
  ]
}

function portFindings(service: Service, port: Port, { abilities, target }: ClusterFacts): Diagnostic[] {
  const exposure = service.expose.get(port.name)
  if (!exposure) return []
  const what = `service ${service.name}: port ${port.name}`
  const isForwarded = (): Diagnostic[] =>
    when(port.protocol === 'udp', () =>
      refused('udp', `${what} cannot be reached from this machine: a forward carries no UDP`, exposure.from),
    )
  switch (exposure.kind) {
    case 'none':
    case 'internal':
      return []
    case 'local':
      return isForwarded()
    case 'load-balancer':
      if (abilities.loadBalancer !== 'none') return []
      return [
        ignored(
          'load-balancer',
          `${what}: this cluster has no load balancers, so it is forwarded to this machine`,
          exposure.from,
          target === 'kubernetes'
            ? 'write local in this profile, or kubernetes: { capabilities: { load-balancer: true } } if it has'
            : 'write local in this profile',
        ),
        ...isForwarded(),
      ]
    case 'node': {
      const [lowest, highest] = abilities.nodePortRange
      const { port: number } = exposure
      if (abilities.nodePorts === 'none') {
        return [
          ignored(
            'node-port',
            `${what}: nodes of this cluster cannot be reached, so it is forwarded`,
            exposure.from,
          ),
          ...isForwarded(),
        ]
      }
      return when(number !== undefined && (number < lowest || number > highest), () =>
        refused(
          'node-port-range',
          `${what}: ${number ?? ''} is no node port of this cluster`,
          exposure.from,
          `choose one from ${lowest} to ${highest}, or leave it out`,
        ),
      )
    }
    default:
      return exposure.kind satisfies never
  }
}

/** A Service takes each number once. */
function samePorts({ name, ports }: Service): Diagnostic[] {
  const first = new Map<string, Port>()
  return [...ports.values()].flatMap((port) => {
    const key = `${port.port}/${port.protocol}`
    const earlier = first.get(key)
    if (!earlier) {
      first.set(key, port)
      return []
    }
    return [
      {
        ...refused(
          'duplicate-port',
          `service ${name}: ${earlier.name} and ${port.name} are both ${key}`,
          port.from,
        ),
        related: [{ span: earlier.from, message: 'the first one' }],
      },
    ]
  })
}

/** Load balancers on this machine all answer on its loopback address (G30); numbers that both say are compared elsewhere. */
function sharedHostPorts(services: readonly Service[], { abilities }: ClusterFacts): Diagnostic[] {
  if (abilities.loadBalancer !== 'localhost') return []
  const taken = new Map<string, { readonly owner: string; readonly at: Span; readonly isWritten: boolean }>()
  const findings: Diagnostic[] = []
  for (const service of services) {
    for (const port of service.ports.values()) {
      const exposure = service.expose.get(port.name)
      const isBalanced = exposure?.kind === 'load-balancer'
      const number = exposure?.port ?? (isBalanced ? port.port : undefined)
      if (!exposure || number === undefined || (!isBalanced && exposure.kind !== 'local')) continue
      const key = `${number}/${port.protocol}`
      const first = taken.get(key)
      const here = {
        owner: `${service.name}:${port.name}`,
        at: exposure.from,
        isWritten: exposure.port !== undefined,
      }
      if (!first) taken.set(key, here)
      else if (!first.isWritten || !here.isWritten) {
        findings.push({
          ...refused(
            'host-port',
            `${here.owner} and ${first.owner} would both answer on port ${number} of this machine`,
            here.at,
            'give one of them another port: load-balancer:8081',
          ),
          related: [{ span: first.at, message: `${first.owner} is exposed here` }],
        })
      }
    }
  }
  return findings
}
