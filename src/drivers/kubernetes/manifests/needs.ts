import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import type { ResourceId, ResourceNeed } from '../../../plan/resource.ts'
import type { ResolvedStack } from '../../../resolve/resolved.ts'
import type { ManifestFact } from '../../facts.ts'
import { generatedFor, referencesOfPods } from './images.ts'
import { groupOf, kindsDefinedBy, listOf, recordOf, type FoundKind } from './kind-of.ts'
import { isGate, isRuleOfNamespace } from './order.ts'
import { podTemplatePath } from './pod-template.ts'
import type { ManifestContext } from './resources.ts'

/** A raw object on its way to a resource: named, with its namespace and its images, not yet labelled. */
export interface RawObject {
  readonly id: ResourceId
  readonly object: KubeObject
  readonly found: FoundKind
  /** Images of the stack that it runs. */
  readonly images: readonly string[]
  readonly fact: ManifestFact
}

/** What must be there before a raw object is made; what may come later is left to the cluster, which waits by itself. */
export function needsOf(
  raw: RawObject,
  all: readonly RawObject[],
  stack: ResolvedStack,
  context: ManifestContext,
): ResourceNeed[] {
  const imageNeed = context.imageNeed ?? ((image: string): ResourceId => `image/${image}`)
  const needs = new Set<ResourceId>([
    ...namespaceOf(raw, all, context.namespace),
    ...all.filter((other) => mustPrecede(other, raw)).map(({ id }) => id),
    ...generatedNeeds(raw, stack, context.namespace),
    ...raw.images.map(imageNeed),
  ])
  needs.delete(raw.id)
  return [...needs].map((on) => ({ on, until: 'completed', cascade: false }))
}

function namespaceOf({ object }: RawObject, all: readonly RawObject[], own: string): ResourceId[] {
  const { namespace } = object.metadata
  if (namespace === undefined) return []
  if (namespace === own) return [`namespace/${own}`]
  return all
    .filter((other) => other.object.kind === 'Namespace' && other.object.metadata.name === namespace)
    .map(({ id }) => id)
}

function mustPrecede(first: RawObject, then: RawObject): boolean {
  const { apiVersion, kind, metadata } = then.object
  if (kindsDefinedBy(first.object).some(([name]) => name === `${groupOf(apiVersion)}/${kind}`)) return true
  const hasPods = podTemplatePath(then.object) !== undefined
  if (isGate(apiVersion))
    return podTemplatePath(first.object) !== undefined && !isGate(first.object.apiVersion)
  if (!hasPods) return false
  const isSameNamespace = first.object.metadata.namespace === metadata.namespace
  if (isRuleOfNamespace(first.object.kind)) return isSameNamespace
  const account = referencesOfPods(then.object).get('ServiceAccount')
  if (first.object.kind.endsWith('RoleBinding'))
    return bindsAccount(first.object, account, metadata.namespace)
  if (first.object.metadata.namespace !== undefined && !isSameNamespace) return false
  return referencesOfPods(then.object).get(first.object.kind)?.has(first.object.metadata.name) ?? false
}

/** Pods ask the API server from their first moment, so what they may is settled before. */
function bindsAccount(
  binding: KubeObject,
  accounts: ReadonlySet<string> | undefined,
  namespace: string | undefined,
): boolean {
  return listOf(binding['subjects'])
    .map(recordOf)
    .some(
      (subject) =>
        subject['kind'] === 'ServiceAccount' &&
        (subject['namespace'] ?? binding.metadata.namespace) === namespace &&
        (accounts?.has(String(subject['name'])) ?? false),
    )
}

/** Configs, secrets and volumes of the stack that raw pods name. */
function generatedNeeds({ object }: RawObject, stack: ResolvedStack, own: string): ResourceId[] {
  if (object.metadata.namespace !== own) return []
  const exists = (id: ResourceId): boolean => {
    const name = id.slice(id.indexOf('/') + 1)
    if (id.startsWith('config/')) return stack.configs.has(name)
    if (id.startsWith('secret/')) return stack.secrets.has(name)
    if (id.startsWith('cert/')) return stack.certs.has(name)
    return stack.volumes.has(name)
  }
  return [...referencesOfPods(object)].flatMap(([kind, names]) =>
    [...names].flatMap((name) => (generatedFor[kind]?.(name) ?? []).filter(exists)),
  )
}
