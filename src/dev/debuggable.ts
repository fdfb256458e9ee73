import type { Exposure, Port, Service } from '../resolve/resolved.ts'

/**
 * A service as `dev` runs it for whoever attaches a debugger: its port leads to this machine, and nothing ends a program that
 * stands at a breakpoint for not answering. Whether it listens there is the program's own affair. Pure.
 */
export function debuggable(service: Service): Service {
  const { debug } = service.dev
  if (debug === undefined || service.external) return service
  const from = service.at('dev.debug')
  const declared = [...service.ports.values()].find(
    ({ port, protocol }) => port === debug && protocol === 'tcp',
  )
  const port: Port = declared ?? { name: freeName(service), port: debug, protocol: 'tcp', from }
  const { health } = service
  return {
    ...service,
    ports: new Map([...service.ports, [port.name, port]]),
    expose: isReachable(service.expose.get(port.name))
      ? service.expose
      : new Map([...service.expose, [port.name, { kind: 'local', port: undefined, from }]]),
    ...(health && { health: { ...health, liveness: undefined } }),
  }
}

/** One that the stack file has not given to another port. */
function freeName({ ports }: Service): string {
  let name = 'debug'
  while (ports.has(name)) name += '-port'
  return name
}

function isReachable(exposure: Exposure | undefined): boolean {
  return exposure !== undefined && exposure.kind !== 'none' && exposure.kind !== 'internal'
}
