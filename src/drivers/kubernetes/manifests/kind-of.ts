import type { KindOfObject } from '../../../platform/kubernetes/client.ts'
import type { ManifestFact } from '../../facts.ts'
import { builtInKinds } from './built-in-kinds.ts'

export interface FoundKind {
  readonly kind: KindOfObject
  /** Nobody said what it is called in paths or whether it has namespaces: the server must be asked. */
  readonly isGuessed: boolean
}

const known = new Map(
  builtInKinds.map(([apiVersion, kind, plural, isNamespaced]): [string, KindOfObject] => [
    `${apiVersion}/${kind}`,
    { apiVersion, kind, plural, isNamespaced },
  ]),
)

/** Finds what kinds are called: Kubernetes' own, and those that a definition among the manifests brings. */
export function kindFinder(facts: readonly ManifestFact[]): (apiVersion: string, kind: string) => FoundKind {
  const defined = new Map(facts.flatMap(({ object }) => kindsDefinedBy(object)))
  return (apiVersion, kind) => {
    const found = known.get(`${apiVersion}/${kind}`) ?? defined.get(`${groupOf(apiVersion)}/${kind}`)
    return found
      ? { kind: { ...found, apiVersion }, isGuessed: false }
      : { kind: { apiVersion, kind, plural: pluralOf(kind), isNamespaced: true }, isGuessed: true }
  }
}

/** Whether Kubernetes has a kind of this name in another group, so that the name alone would mean that one. */
export function isNameOfAnother(apiVersion: string, kind: string): boolean {
  const own = builtInKinds.filter(([, each]) => each === kind)
  return own.length > 0 && own.every(([each]) => groupOf(each) !== groupOf(apiVersion))
}

/** `apps` of `apps/v1`; empty for the core. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/** `group/Kind` of a CustomResourceDefinition, for whatever version of it. */
export function kindsDefinedBy(object: ManifestFact['object']): [string, KindOfObject][] {
  if (object.kind !== 'CustomResourceDefinition') return []
  const spec = recordOf(object['spec'])
  const names = recordOf(spec['names'])
  const { group, scope } = spec
  const { kind, plural } = names
  if (typeof group !== 'string' || typeof kind !== 'string' || typeof plural !== 'string') return []
  return [[`${group}/${kind}`, { apiVersion: group, kind, plural, isNamespaced: scope !== 'Cluster' }]]
}

/** A map as it may stand at any place of a raw object; empty for anything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

/** A list as it may stand at any place of a raw object; empty for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** As the API's own generator makes them; it is what nearly every definition uses. */
function pluralOf(kind: string): string {
  const word = kind.toLowerCase()
  if (/(s|x|ch|sh)$/.test(word)) return `${word}es`
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`
}
