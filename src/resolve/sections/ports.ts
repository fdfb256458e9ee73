import { errorAt, type Span } from '../../stack/diagnostics.ts'
import { defaults } from '../../stack/language/defaults.ts'
import { parseExposure, type WrittenExposure } from '../../stack/language/values.ts'
import type { ServiceFile } from '../../stack/language/service.ts'
import type { Exposure, Port, Route } from '../resolved.ts'
import { mapValues, type Reading } from './reading.ts'

export function portsOf(reading: Reading, written: ServiceFile['ports']): Map<string, Port> {
  return mapValues(written, (each, name) => ({
    name,
    port: each.port,
    protocol: each.protocol ?? defaults.protocol,
    from: reading.at(each),
  }))
}

/** The name of a port that is written by name or number. Names that do not exist are for `checkStack` to report. */
export function portNamed(
  reading: Pick<Reading, 'report'>,
  owner: { readonly name: string; readonly ports: ReadonlyMap<string, Port> },
  written: string,
  span: Span,
): string {
  if (owner.ports.has(written)) return written
  const byNumber = [...owner.ports.values()].find((port) => String(port.port) === written)
  if (!byNumber && /^\d+$/.test(written)) {
    const hint = `declare it: \`ports: { NAME: ${written} }\``
    reading.report(errorAt('port/undefined', `${owner.name} has no port ${written}`, span, hint))
  }
  return byNumber?.name ?? written
}

/** What `expose` says of one port: how far it reaches, or the route that leads to it. */
export interface Exposed {
  readonly exposures: ReadonlyMap<string, Exposure>
  readonly routes: readonly Route[]
}

/** Every port gets an exposure. A host or path makes a route `<service>-<port>` beside the inner reachability. */
export function exposedOf(
  reading: Reading,
  service: string,
  written: ServiceFile['expose'],
  ports: ReadonlyMap<string, Port>,
): Exposed {
  const exposures = new Map<string, Exposure>()
  const routes: Route[] = []
  for (const [port, text] of written ?? []) {
    const from = reading.at(written ?? {}, port)
    const exposure = parseExposure(text)
    if (exposure.kind === 'route') {
      routes.push(routeTo(reading, service, port, exposure, from))
      exposures.set(port, { kind: 'internal', port: undefined, from })
    } else {
      const hostPort =
        'port' in exposure && !isLeftToInstance(exposure.kind, reading) ? exposure.port : undefined
      exposures.set(port, { kind: exposure.kind, port: hostPort, from })
    }
  }
  for (const port of ports.values()) {
    if (!exposures.has(port.name))
      exposures.set(port.name, { kind: defaults.expose, port: undefined, from: port.from })
  }
  return { exposures, routes }
}

/** Two instances that ask for the same port would collide, so theirs are given out. A load balancer of a cloud has an address of its own. */
function isLeftToInstance(kind: Exposure['kind'], { instance, target }: Reading): boolean {
  return instance !== undefined && (kind !== 'load-balancer' || (target !== 'eks' && target !== 'kubernetes'))
}

function routeTo(
  reading: Reading,
  service: string,
  port: string,
  { host, path }: Extract<WrittenExposure, { readonly kind: 'route' }>,
  from: Span,
): Route {
  return {
    name: `${service}-${port}`,
    host: host === undefined ? undefined : instanceHost(host, reading.instance),
    path,
    to: { service, port },
    bodySize: undefined,
    headers: new Map(),
    from,
  }
}

/** Instances live side by side because each has hosts of its own: `INSTANCE.todo.localhost`. */
export function instanceHost(host: string, instance: string | undefined): string {
  return instance === undefined ? host : `${instance}.${host}`
}
