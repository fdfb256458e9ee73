import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { ContainerSpec } from '../../../platform/engine/container-spec.ts'
import type { Facts } from '../../facts.ts'
import { statePort, type Route, type Target } from '../gateway/config.ts'
import { podOwner } from '../../pods.ts'
import { loopback, probeOf, publicationsOf, type Publication } from './ports.ts'
import type { WorkloadSpec } from './spec.ts'

/** The first port inside the gateway for what it passes on as plain connections. */
const firstTcpPort = 20_000

/** The port inside the gateway for HTTP routes. */
const httpPort = 8080

/** Everything that the gateway passes on; empty where the stack needs none. */
export function routesOfGateway(stack: ResolvedStack, publications: readonly Publication[]): Route[] {
  const tcp = publications
    .filter(({ by }) => by === 'gateway')
    .map(({ service, port, containerPort }, index): Route => {
      const target = targetOf(stack, service, containerPort)
      return { kind: 'tcp', name: `${service.name}.${port}`, listen: firstTcpPort + index, target }
    })
  const http = [...stack.routes.values()].flatMap(({ name, host, path, bodySize, headers, to }): Route[] => {
    const service = stack.services.get(to.service)
    const port = service?.ports.get(to.port)?.port
    if (!service || port === undefined) return []
    const target = targetOf(stack, service, port)
    return [{ kind: 'http', name, listen: httpPort, host, path, bodySize, headers, target }]
  })
  return [...tcp, ...http]
}

/** Which ports of this machine the gateway owns. */
export function gatewayBody(
  stack: ResolvedStack,
  facts: Facts,
  routes: readonly Route[],
  publications: readonly Publication[],
): ContainerSpec {
  const hostPorts = new Map(
    publications.map(({ service, port, hostPort }) => [`${service.name}.${port}`, hostPort]),
  )
  const bindings = new Map<string, { HostIp: string; HostPort: string }[]>()
  const bind = (listen: number, hostPort: number | undefined): void => {
    const HostPort = hostPort === undefined ? '' : String(hostPort)
    bindings.set(`${listen}/tcp`, [{ HostIp: loopback, HostPort }])
  }
  bind(statePort, undefined)
  for (const { kind, name, listen } of routes) {
    bind(
      listen,
      kind === 'tcp' ? hostPorts.get(name) : (facts.ports.get('gateway.http') ?? stack.gateway.port),
    )
  }
  return {
    Image: stack.gateway.image,
    Entrypoint: ['haproxy'],
    // Master and worker: a signal makes a new worker, and the old one finishes what it has begun.
    Cmd: ['-W', '-db', '-f', configFile],
    // It may bind and read its configuration whatever the image's user is.
    User: 'root',
    StopSignal: 'SIGUSR1',
    StopTimeout: 5,
    ExposedPorts: Object.fromEntries([...bindings.keys()].map((port) => [port, {}])),
    HostConfig: {
      PortBindings: Object.fromEntries(bindings),
      RestartPolicy: { Name: 'unless-stopped' },
    },
  }
}

/** In a folder of its own, so that the new text can be moved over the old one in one step. */
export const configFolder = '/iamstack'
export const configFile = `${configFolder}/haproxy.cfg`

/** The services that the gateway passes requests on to. */
export function frontedServices(routes: readonly Route[]): Set<string> {
  return new Set(routes.map(({ target }) => target.service))
}

/** The same, for whoever replaces a replica. */
export function routesFor({ stack, facts }: Pick<WorkloadSpec, 'stack' | 'facts'>): Route[] {
  return routesOfGateway(stack, publicationsOf(stack, facts))
}

/** The network of a pod is its owner's, so that is whom the gateway asks. */
function targetOf(stack: ResolvedStack, service: Service, port: number): Target {
  const probe = probeOf(service)
  return {
    service: podOwner(stack, service).name,
    port,
    check: probe?.port === port ? probe.check : undefined,
  }
}
