import { isIP } from 'node:net'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Service } from '../../../resolve/resolved.ts'
import { renderText } from '../../../resolve/text.ts'
import { part } from '../../content-parts.ts'
import { lookupIn } from '../../inner-lookup.ts'
import type { DesiredObject, KubeResource, Readiness } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { desiredObject, filled, need, updatesOf } from './objects.ts'

/** Where a service outside of the cluster is. Ports that are no number yet are left out. */
export interface ExternalAddress {
  readonly host: string
  readonly ports: readonly { readonly name: string; readonly port: number }[]
}

export function addressOf(service: Service, { stack }: Pick<DesiredContext, 'stack'>): ExternalAddress {
  const lookup = lookupIn(stack, service.ports)
  const ports = [...(service.external?.ports ?? [])].flatMap(([name, text]) => {
    const port = Number(renderText(text, lookup))
    return Number.isInteger(port) && port > 0 ? [{ name, port }] : []
  })
  return { host: service.external ? renderText(service.external.host, lookup) : '', ports }
}

/**
 * `service/x` of a service that lives elsewhere: its short name leads there too (S101), as an alias of its name or, for an
 * address, by endpoints written by hand.
 */
export function externalResource(service: Service, context: DesiredContext): KubeResource {
  const { stack } = context
  const address = addressOf(service, context)
  const objects = externalObjects(service, address, context)
  const [first] = address.ports
  const readiness: Readiness = first
    ? { kind: 'external', host: address.host, port: first.port }
    : { kind: 'exists' }
  const isReplacedWith = ['address-type']
  const parts = { ...part('address', address), ...part('address-type', isIP(address.host)) }
  return {
    id: `service/${service.name}`,
    kind: 'service',
    name: service.name,
    spec: { kind: 'objects', objects, readiness, isReplacedWith },
    parts,
    updates: updatesOf(parts, isReplacedWith),
    needs: [need(`namespace/${stack.namespace}`)],
    replicas: undefined,
    timeout: service.update.timeout,
    holdsData: undefined,
    from: service.from,
  }
}

function externalObjects(
  service: Service,
  { host, ports }: ExternalAddress,
  { stack }: DesiredContext,
): DesiredObject[] {
  const common = {
    name: service.name,
    resource: `service/${service.name}` as const,
    from: service.at('external'),
  }
  const family = isIP(host)
  const servicePorts = ports.map(({ name, port }) => ({ name, protocol: 'TCP', port }))
  if (family === 0) {
    const spec = filled({ type: 'ExternalName', externalName: host.toLowerCase(), ports: servicePorts })
    return [desiredObject(stack, { ...common, kind: kinds.Service, fields: { spec } })]
  }
  return [
    desiredObject(stack, {
      ...common,
      kind: kinds.Service,
      // Endpoints need a Service with an address, and that one needs a port.
      fields: { spec: servicePorts.length > 0 ? { ports: servicePorts } : { clusterIP: 'None' } },
    }),
    desiredObject(stack, {
      ...common,
      kind: kinds.EndpointSlice,
      labels: {
        'kubernetes.io/service-name': service.name,
        'endpointslice.kubernetes.io/managed-by': 'iamstack',
      },
      fields: filled({
        addressType: family === 4 ? 'IPv4' : 'IPv6',
        endpoints: [{ addresses: [host], conditions: { ready: true } }],
        ports: servicePorts,
      }),
    }),
  ]
}
