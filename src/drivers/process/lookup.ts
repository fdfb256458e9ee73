import { join } from 'node:path'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import { referenceAsWritten, renderText, type Reference } from '../../resolve/text.ts'
import type { Facts } from '../facts.ts'
import { addressPort, listenPort, servedPorts } from './ports.ts'

/** Who reads a text: a slot of a service, or a job. */
export interface Reader {
  readonly service: string | undefined
  readonly slot: number
  /** The folder below which its mounts lie; undefined leaves references to them as written. */
  readonly root: string | undefined
}

/**
 * What references mean to a program on this machine. Ports that were not given out yet stay as written, so that a plan can be
 * made before; so do secrets, which are nobody's business here.
 */
export function lookupFor(
  stack: ResolvedStack,
  facts: Facts,
  reader: Reader,
): (reference: Reference) => string {
  const lookup = (reference: Reference): string => {
    const asWritten = `\${${referenceAsWritten(reference)}}`
    switch (reference.kind) {
      case 'service-host':
        return hostOf(stack, reference.service, lookup)
      case 'service-port':
        return portOf(stack, facts, reference.service, reference.port, lookup) ?? asWritten
      case 'url': {
        const port = portOf(stack, facts, reference.service, reference.port, lookup)
        return port === undefined ? asWritten : `http://${hostOf(stack, reference.service, lookup)}:${port}`
      }
      case 'self-port': {
        const service = reader.service === undefined ? undefined : stack.services.get(reader.service)
        const port =
          service && servedPorts(service, facts.configs).find(({ name }) => name === reference.port)
        const number = service && port && listenPort(service.name, port, reader.slot, facts.ports)
        return number === undefined ? asWritten : String(number)
      }
      case 'mount':
        return reader.root === undefined ? asWritten : join(reader.root, reference.path)
      case 'secret':
      case 'capture':
      case 'stack-output':
        return asWritten
      default:
        return reference satisfies never
    }
  }
  return lookup
}

function hostOf(stack: ResolvedStack, name: string, lookup: (reference: Reference) => string): string {
  const external = stack.services.get(name)?.external
  return external ? renderText(external.host, lookup) : '127.0.0.1'
}

function portOf(
  stack: ResolvedStack,
  facts: Facts,
  name: string,
  portName: string,
  lookup: (reference: Reference) => string,
): string | undefined {
  const service = stack.services.get(name)
  const elsewhere = service?.external?.ports.get(portName)
  if (elsewhere) return renderText(elsewhere, lookup)
  const port = service && servedPorts(service, facts.configs).find((each) => each.name === portName)
  const number = service && port && addressPort(name, port, facts.ports)
  return number === undefined ? undefined : String(number)
}
