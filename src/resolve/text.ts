import type { Span } from '../stack/diagnostics.ts'

/**
 * A string in which variables are already substituted, but which may still speak of things that only a target knows: an
 * address, a port, where a mount lies. Drivers turn it into characters with `renderText`.
 */
export interface Text {
  readonly parts: readonly (string | Reference)[]
  readonly from: Span
}

export type Reference = { readonly from: Span } & (
  | { readonly kind: 'service-host'; readonly service: string }
  | { readonly kind: 'service-port'; readonly service: string; readonly port: string }
  /** The port that this replica is to listen on. */
  | { readonly kind: 'self-port'; readonly port: string }
  /** `http://host:port` of an exposed port; inside a container the inner address. */
  | { readonly kind: 'url'; readonly service: string; readonly port: string }
  /** Where a mount of the consumer lies; the path itself in a container. */
  | { readonly kind: 'mount'; readonly path: string }
  | { readonly kind: 'secret'; readonly secret: string; readonly key: string }
  | { readonly kind: 'capture'; readonly name: string }
  | { readonly kind: 'stack-output'; readonly stack: string; readonly output: string }
)

export function renderText(text: Text, lookup: (reference: Reference) => string): string {
  return text.parts.map((part) => (typeof part === 'string' ? part : lookup(part))).join('')
}

/** The text with its references as written, for hashes, plans and `render`: never shows a value. */
export function textAsWritten(text: Text): string {
  return renderText(text, (reference) => `\${${referenceAsWritten(reference)}}`)
}

export function referencesOf(text: Text): Reference[] {
  return text.parts.filter((part) => typeof part !== 'string')
}

export function plainText(value: string, from: Span): Text {
  return { parts: [value], from }
}

export function referenceAsWritten(reference: Reference): string {
  switch (reference.kind) {
    case 'service-host':
      return `service.${reference.service}.host`
    case 'service-port':
      return `service.${reference.service}.port.${reference.port}`
    case 'self-port':
      return `self.port.${reference.port}`
    case 'url':
      return `url.${reference.service}.${reference.port}`
    case 'mount':
      return `mount.${reference.path}`
    case 'secret':
      return `secret.${reference.secret}.${reference.key}`
    case 'capture':
      return `capture.${reference.name}`
    case 'stack-output':
      return `stack.${reference.stack}.${reference.output}`
    default:
      return reference satisfies never
  }
}

/** The parts with neighbouring characters in one piece and nothing empty between. */
export function joined(parts: Text['parts']): Text['parts'] {
  const result: (string | Reference)[] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (typeof part !== 'string') result.push(part)
    else if (typeof last === 'string') result[result.length - 1] = last + part
    else if (part !== '') result.push(part)
  }
  return result
}
