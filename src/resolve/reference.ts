import type { Span } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import type { Reference } from './text.ts'

/** The outcome of reading a dotted name: `service.db.host` → a reference, or what is wrong with it. */
export type NamedReference =
  | { readonly ok: true; readonly reference: Reference }
  | { readonly ok: false; readonly message: string; readonly hint: string }

/** Every kind of reference by its first word, with the form that messages show. */
const forms = {
  service: '${service.NAME.host} or ${service.NAME.port.PORT}',
  self: '${self.port.PORT}',
  url: '${url.SERVICE.PORT}',
  mount: '${mount./path}',
  secret: '${secret.NAME.KEY}',
  capture: '${capture.NAME}',
  stack: '${stack.NAME.OUTPUT}',
} as const

type FirstWord = keyof typeof forms

/** Reads a name with a dot in it; one without is a variable and never comes here. */
export function referenceOf(name: string, from: Span): NamedReference {
  const dot = name.indexOf('.')
  const word = name.slice(0, dot)
  const rest = name.slice(dot + 1)
  if (!isFirstWord(word)) {
    const near = nearest(word, Object.keys(forms))
    const hint = near === undefined ? 'names of variables have no dots' : didYouMean(near)
    return { ok: false, message: `\${${name}} is no reference: none begins with ${word}`, hint }
  }
  const reference = read(word, rest, from)
  if (reference) return { ok: true, reference }
  return { ok: false, message: `\${${name}} is not a complete reference`, hint: `write ${forms[word]}` }
}

function isFirstWord(word: string): word is FirstWord {
  return Object.hasOwn(forms, word)
}

function read(word: FirstWord, rest: string, from: Span): Reference | undefined {
  switch (word) {
    case 'service': {
      const [, service, property, port] = /^([^.]+)\.(host|port)(?:\.([^.]+))?$/.exec(rest) ?? []
      if (service === undefined) return undefined
      if (property === 'host') return port === undefined ? { kind: 'service-host', service, from } : undefined
      return port === undefined ? undefined : { kind: 'service-port', service, port, from }
    }
    case 'self': {
      const port = /^port\.([^.]+)$/.exec(rest)?.[1]
      return port === undefined ? undefined : { kind: 'self-port', port, from }
    }
    case 'url': {
      const [service, port] = pair(rest)
      return service && port ? { kind: 'url', service, port, from } : undefined
    }
    case 'mount':
      return rest.startsWith('/') ? { kind: 'mount', path: rest, from } : undefined
    case 'secret': {
      const [secret, key] = pair(rest)
      return secret && key ? { kind: 'secret', secret, key, from } : undefined
    }
    case 'capture':
      return /^[^.]+$/.test(rest) ? { kind: 'capture', name: rest, from } : undefined
    case 'stack': {
      const [stack, output] = pair(rest)
      return stack && output ? { kind: 'stack-output', stack, output, from } : undefined
    }
    default:
      return word satisfies never
  }
}

/** Splits at the first dot: the second part may have more of them (`tls.crt`). */
function pair(rest: string): [string, string] | [] {
  const dot = rest.indexOf('.')
  return dot === -1 ? [] : [rest.slice(0, dot), rest.slice(dot + 1)]
}
