import type { Port, ResolvedStack, SecretKey } from '../resolve/resolved.ts'
import { referenceAsWritten, renderText, type Reference, type Text } from '../resolve/text.ts'

export type Lookup = (reference: Reference) => string

/** What references mean inside a network of containers or a cluster: names of services and the ports that programs listen on. */
export function lookupIn(
  stack: ResolvedStack,
  ports: ReadonlyMap<string, Port>,
  secret: (key: SecretKey) => string = secretAsWritten,
): Lookup {
  const lookup: Lookup = (reference) => {
    switch (reference.kind) {
      case 'service-host':
        return hostOf(stack, reference.service, lookup)
      case 'service-port':
        return portOf(stack, reference.service, reference.port, lookup)
      case 'self-port':
        return String(ports.get(reference.port)?.port ?? '')
      case 'url': {
        const port = portOf(stack, reference.service, reference.port, lookup)
        return `http://${hostOf(stack, reference.service, lookup)}:${port}`
      }
      case 'mount':
        return reference.path
      case 'secret':
        return secret(reference)
      case 'capture':
      case 'stack-output':
        return `\${${referenceAsWritten(reference)}}`
      default:
        return reference satisfies never
    }
  }
  return lookup
}

/** A secret as the stack file names it: what plans, parts and renderings show. */
export function secretAsWritten(key: SecretKey): string {
  return `\${secret.${key.secret}.${key.key}}`
}

function hostOf(stack: ResolvedStack, name: string, lookup: Lookup): string {
  const external = stack.services.get(name)?.external
  return external ? renderText(external.host, lookup) : name
}

function portOf(stack: ResolvedStack, name: string, port: string, lookup: Lookup): string {
  const service = stack.services.get(name)
  const elsewhere: Text | undefined = service?.external?.ports.get(port)
  return elsewhere ? renderText(elsewhere, lookup) : String(service?.ports.get(port)?.port ?? '')
}
