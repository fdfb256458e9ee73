import type { ResolvedStack, SecretKey } from '../../../resolve/resolved.ts'
import type { Yaml } from '../../yaml-text.ts'

/** Stands around the name of a variable until `$` is escaped; no text of a stack file holds it. */
const mark = '\u0000'

/** A place for a secret in a text, which `escaped` turns into a variable of the compose file. */
export function secretVariable(stack: ResolvedStack, key: SecretKey): string {
  return mark + variableOf(stack, key) + mark
}

/** The variable from which Compose takes a secret: the stack's own where its source is one. */
export function variableOf(stack: ResolvedStack, { secret, key }: SecretKey): string {
  const source = stack.secrets.get(secret)?.keys.get(key)?.source
  return source?.kind === 'env' ? source.variable : variableName(secret, key)
}

export function variableName(...words: readonly string[]): string {
  return words
    .join('_')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
}

/** `$` is Compose's own in every text, keys excepted. */
export function escaped(value: Yaml): Yaml {
  if (typeof value === 'string') {
    const [first = '', ...others] = value.split(mark)
    const parts = others.map((part, index) => (index % 2 === 0 ? `\${${part}}` : dollars(part)))
    return dollars(first) + parts.join('')
  }
  if (Array.isArray(value)) return value.map((each: Yaml) => escaped(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]: [string, Yaml | undefined]) => [
      key,
      member === undefined ? undefined : escaped(member),
    ]),
  )
}

function dollars(text: string): string {
  return text.replaceAll('$', '$$$$')
}

/** Compose's own words for a length of time. */
export function duration(nanoseconds: number | undefined): string | undefined {
  if (nanoseconds === undefined) return undefined
  const milliseconds = Math.round(nanoseconds / 1_000_000)
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`
}
