import type { ResourceId } from '../../../plan/resource.ts'
import type { Span } from '../../../stack/diagnostics.ts'
import type { Facts, ManifestFact } from '../../facts.ts'
import { listOf, recordOf } from './kind-of.ts'
import { podTemplatePath, valueUnder, withValueUnder } from './pod-template.ts'

export interface ImageContext {
  /** What pods name for a reference of this machine. */
  readonly imageFor: (reference: string) => string
  readonly pullPolicy: (reference: string) => 'Never' | 'IfNotPresent'
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const

/**
 * The object with images of the stack in the place of those of their names (S8, S21): `app` itself, or any reference whose
 * repository ends in `/app`, whatever its registry and tag. `images` are the names that were found.
 */
export function withStackImages(
  object: ManifestFact['object'],
  facts: Facts,
  context: ImageContext,
): { readonly object: ManifestFact['object']; readonly images: readonly string[] } {
  const path = podTemplatePath(object)
  if (!path) return { object, images: [] }
  const images = new Set<string>()
  const changed = withValueUnder(object, [...path, 'spec'], (spec) => {
    const record = recordOf(spec)
    const lists = containerLists.filter((key) => Array.isArray(record[key]))
    return {
      ...record,
      ...Object.fromEntries(
        lists.map((key) => [key, listOf(record[key]).map((each) => container(each, facts, context, images))]),
      ),
    }
  })
  return images.size > 0 ? { object: changed, images: [...images] } : { object, images: [] }
}

/** Images of the stack that raw objects run, each with the object that names it first: nodes need them like any other. */
export function imagesOfManifests(facts: Facts): ReadonlyMap<string, Span> {
  const context: ImageContext = { imageFor: (reference) => reference, pullPolicy: () => 'IfNotPresent' }
  const found = new Map<string, Span>()
  for (const { object, from } of facts.manifests) {
    for (const image of withStackImages(object, facts, context).images)
      if (!found.has(image)) found.set(image, from)
  }
  return found
}

function container(written: unknown, facts: Facts, context: ImageContext, images: Set<string>): unknown {
  const { image, imagePullPolicy } = recordOf(written)
  const name = typeof image === 'string' ? imageNamed(image, facts) : undefined
  const fact = name === undefined ? undefined : facts.images.get(name)
  if (name === undefined || !fact) return written
  images.add(name)
  const policy = context.pullPolicy(fact.reference)
  // What no registry has can only fail to be pulled; any other wish of the user's stays.
  const keepsWish = imagePullPolicy !== undefined && !(policy === 'Never' && imagePullPolicy === 'Always')
  return {
    ...recordOf(written),
    image: context.imageFor(fact.reference),
    imagePullPolicy: keepsWish ? imagePullPolicy : policy,
  }
}

/** The image of the stack that a reference speaks of. */
function imageNamed(reference: string, facts: Facts): string | undefined {
  if (facts.images.has(reference)) return reference
  const repository = repositoryOf(reference)
  const last = repository.slice(repository.lastIndexOf('/') + 1)
  if (facts.images.has(last)) return last
  return [...facts.images].find(([, fact]) => repositoryOf(fact.reference) === repository)?.[0]
}

/** Without tag and digest. */
function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
}

/** Names of what pods read and run as, by kind: what must be there before them. */
export function referencesOfPods(object: ManifestFact['object']): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  const add = (kind: string, name: unknown): void => {
    if (typeof name === 'string') found.set(kind, (found.get(kind) ?? new Set()).add(name))
  }
  const path = podTemplatePath(object)
  const spec = path ? recordOf(valueUnder(object, [...path, 'spec'])) : {}
  add('ServiceAccount', spec['serviceAccountName'])
  add('PriorityClass', spec['priorityClassName'])
  for (const volume of listOf(spec['volumes']).map(recordOf)) {
    for (const source of [volume, ...listOf(recordOf(volume['projected'])['sources']).map(recordOf)]) {
      add('ConfigMap', recordOf(source['configMap'])['name'])
      const secret = recordOf(source['secret'])
      add('Secret', secret['secretName'] ?? secret['name'])
    }
    add('PersistentVolumeClaim', recordOf(volume['persistentVolumeClaim'])['claimName'])
  }
  for (const each of containerLists.flatMap((key) => listOf(spec[key]).map(recordOf))) {
    for (const source of listOf(each['envFrom']).map(recordOf)) {
      add('ConfigMap', recordOf(source['configMapRef'])['name'])
      add('Secret', recordOf(source['secretRef'])['name'])
    }
    for (const variable of listOf(each['env']).map((one) => recordOf(recordOf(one)['valueFrom']))) {
      add('ConfigMap', recordOf(variable['configMapKeyRef'])['name'])
      add('Secret', recordOf(variable['secretKeyRef'])['name'])
    }
  }
  return found
}

/** Resources of the stack that make an object of a kind and name, where they exist. */
export const generatedFor: Readonly<Record<string, (name: string) => readonly ResourceId[]>> = {
  ConfigMap: (name) => [`config/${name}`],
  Secret: (name) => [
    `secret/${name}`,
    ...(name.endsWith('-cert') ? [`cert/${name.slice(0, -'-cert'.length)}` as const] : []),
  ],
  PersistentVolumeClaim: (name) => [`volume/${name}`],
}
