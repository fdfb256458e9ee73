import type { Endpoint } from '../driver.ts'
import type { Context } from './context.ts'
import { loopback } from './desired/ports.ts'
import { label } from './labels.ts'
import { look, places, publishedPort, type SeenContainer } from './observe/look.ts'
import { networkHolder } from './observe/health.ts'

/** Where a port of a service answers on this machine: behind the gateway where it owns the port, else at the container. */
export async function endpoint(
  { engine, stack }: Context,
  service: string,
  port: string,
): Promise<Endpoint | undefined> {
  const number = stack.services.get(service)?.ports.get(port)?.port
  if (number === undefined) return undefined
  const containers = await look(engine, stack)
  const gateway = containers.find(({ role }) => role === 'gateway')
  const viaGateway = gateway && gatewayPort(gateway, `${service}.${port}`)
  if (viaGateway !== undefined) return { host: loopback, port: viaGateway }
  const own = places(containers.filter(({ resource }) => resource === `service/${service}`)).get(1)?.current
  const published = own && publishedPort(networkHolder(own, containers), number)
  return published === undefined ? undefined : { host: loopback, port: published }
}

/** The gateway says in a label which of its ports stands for which port of a service. */
function gatewayPort(gateway: SeenContainer, name: string): number | undefined {
  const listens = gateway.labels[label.listens]
  const inner = listens === undefined ? undefined : (JSON.parse(listens) as Record<string, number>)[name]
  return inner === undefined ? undefined : publishedPort(gateway, inner)
}
