import type { Diagnostic, Span } from '../diagnostics.ts'
import { errorAt } from '../diagnostics.ts'
import type { MergedFile } from '../language/profile.ts'
import type { Decoded } from '../schema/decode.ts'
import { hasReference } from '../schema/describe.ts'
import { didYouMean } from '../schema/suggest.ts'
import type { Written } from '../schema/types.ts'

/** A decoded stack, before interpolation or after it, perhaps with parts left out that were wrong. */
export type StackToCheck = Partial<Written<MergedFile>>
export type ServiceToCheck = ValueOf<NonNullable<StackToCheck['services']>>
export type JobToCheck = ValueOf<NonNullable<StackToCheck['jobs']>>

type ValueOf<M> = M extends ReadonlyMap<string, infer V> ? V : never

export interface CheckContext extends Decoded<StackToCheck> {
  readonly add: (finding: Diagnostic) => void
  /** The name that was probably meant; not searched for when there are so many findings that nobody will read this one. */
  readonly nearest: (word: string, candidates: Iterable<string>) => string | undefined
  readonly isFull: () => boolean
}

/** Entries of a map that may be absent. */
export function entriesOf<V>(map: ReadonlyMap<string, V> | undefined): Iterable<[string, V]> {
  return map?.entries() ?? []
}

/** The kinds of things that have names of their own, with the key they are declared under. */
export type NamedKind =
  'images' | 'services' | 'jobs' | 'volumes' | 'configs' | 'secrets' | 'certs' | 'registries'

const nouns: Readonly<Record<NamedKind, string>> = {
  images: 'image',
  services: 'service',
  jobs: 'job',
  volumes: 'volume',
  configs: 'config',
  secrets: 'secret',
  certs: 'certificate',
  registries: 'registry',
}

/** Says that a name is not declared; true where it is. Names that are not known yet (`${…}`) pass. */
export function isDeclared(
  context: CheckContext,
  kind: NamedKind,
  name: string,
  at: Span | undefined,
): boolean {
  const declared = context.value[kind]
  if (hasReference(name) || declared?.has(name) === true) return true
  const near = context.nearest(name, declared?.keys() ?? [])
  const hint = near === undefined ? `declare it under \`${kind}\`` : didYouMean(near)
  context.add(errorAt(`check/unknown-${nouns[kind]}`, `there is no ${nouns[kind]} \`${name}\``, at, hint))
  return false
}

/** Says that a service has no such port; numbers and texts that are not known yet pass. */
export function hasPort(
  context: CheckContext,
  serviceName: string,
  port: string,
  at: Span | undefined,
): void {
  const service = context.value.services?.get(serviceName)
  if (!service || /^\d+$/.test(port) || hasReference(port)) return
  const known = [...(service.ports?.keys() ?? []), ...(service.external?.ports?.keys() ?? [])]
  if (known.includes(port)) return
  const near = context.nearest(port, known)
  const listed =
    known.length === 0 ? 'it declares none' : `it has ${known.map((each) => `\`${each}\``).join(', ')}`
  const hint = near === undefined ? listed : didYouMean(near)
  context.add(errorAt('check/unknown-port', `service \`${serviceName}\` has no port \`${port}\``, at, hint))
}
