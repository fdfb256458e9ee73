import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { ResolvedStack } from '../../../resolve/resolved.ts'
import type { Facts, ManifestFact } from '../../facts.ts'
import { labelsOf, projectLabel, resourceLabel } from '../labels.ts'
import type { KubeResource } from '../spec.ts'
import { withStackImages, type ImageContext } from './images.ts'
import { groupOf, isNameOfAnother, kindFinder, recordOf, type FoundKind } from './kind-of.ts'
import { needsOf, type RawObject } from './needs.ts'
import { rankOf } from './order.ts'
import { fixedPartsOf, partsOfObject, updatesOfObject } from './parts.ts'
import { podTemplatePath, withValueUnder } from './pod-template.ts'

export interface ManifestContext extends ImageContext {
  readonly namespace: string
  /** What makes an image of the stack run: `delivery/x` where images are delivered. Default: `image/x`. */
  readonly imageNeed?: (image: string) => ResourceId
}

/** Milliseconds that a raw object may take until its conditions are met; nothing in it says how long. */
const patience = 120_000

/**
 * The raw objects of the stack, each a resource `manifest/KIND.NAME` (`.NAMESPACE` where it names another than the stack's own):
 * in the order in which they can be made, with images of the stack in the place of their names and with labels of ours. What a
 * person wrote stays otherwise as it is.
 */
export function manifestResources(
  stack: ResolvedStack,
  facts: Facts,
  context: ManifestContext,
): KubeResource[] {
  const kindOf = kindFinder(facts.manifests)
  const raw = facts.manifests.map((fact) => rawObject(fact, kindOf, facts, context))
  const ordered = raw
    .map((each, index) => ({ each, index, rank: rankOf(each.object.apiVersion, each.object.kind) }))
    .sort((one, other) => one.rank - other.rank || one.index - other.index)
  return ordered.map(({ each }) => manifestResource(each, raw, stack, context))
}

function rawObject(
  fact: ManifestFact,
  kindOf: (apiVersion: string, kind: string) => FoundKind,
  facts: Facts,
  context: ManifestContext,
): RawObject {
  const { object, images } = withStackImages(fact.object, facts, context)
  const { apiVersion, kind } = object
  const found = kindOf(apiVersion, kind)
  const { namespace: written, name, ...metadata } = recordOf(object['metadata'])
  const namespace = found.kind.isNamespaced
    ? (textOr(written, context.namespace) ?? context.namespace)
    : undefined
  const named: KubeObject = {
    ...withoutStatus(object),
    apiVersion,
    kind,
    metadata: {
      ...withoutServerFields(metadata),
      name: textOr(name, '') ?? '',
      ...(namespace !== undefined && { namespace }),
    },
  }
  return { id: idOf(named, context.namespace), object: named, found, images, fact }
}

function manifestResource(
  raw: RawObject,
  all: readonly RawObject[],
  stack: ResolvedStack,
  context: ManifestContext,
): KubeResource {
  const { id, object, found, fact } = raw
  return {
    id,
    kind: 'manifest',
    name: id.slice('manifest/'.length),
    spec: {
      kind: 'objects',
      objects: [
        {
          kind: found.kind,
          object: withLabels(object, stack, id),
          secrets: new Map(),
          from: fact.from,
          ...(fact.node && { node: fact.node }),
          ...(found.isGuessed && { isKindGuessed: true as const }),
        },
      ],
      readiness: { kind: 'object' },
      isReplacedWith: fixedPartsOf(object),
    },
    parts: partsOfObject(object),
    updates: updatesOfObject(object),
    needs: needsOf(raw, all, stack, context),
    replicas: undefined,
    timeout: patience,
    holdsData: dataIn(object),
    from: fact.from,
  }
}

/**
 * `manifest/Deployment.web`; a kind that only shares its name with one of Kubernetes' own says its group too
 * (`manifest/Service.serving.knative.dev.web`).
 */
function idOf({ apiVersion, kind, metadata }: KubeObject, namespace: string): ResourceId {
  const group = isNameOfAnother(apiVersion, kind) ? `.${groupOf(apiVersion)}` : ''
  const elsewhere =
    metadata.namespace === undefined || metadata.namespace === namespace ? '' : `.${metadata.namespace}`
  return `manifest/${kind}${group}.${metadata.name}${elsewhere}`
}

/**
 * Labels by which it is found again; what the user labels otherwise stays his. Pods get them too, but not where they would then
 * answer for a service of the stack that has the same name.
 */
function withLabels(object: KubeObject, stack: ResolvedStack, id: ResourceId): KubeObject {
  const ours = labelsOf(stack.project, id)
  const own = { [projectLabel]: ours[projectLabel], [resourceLabel]: ours[resourceLabel] }
  const labelled = <Metadata>(metadata: Metadata) => ({
    ...metadata,
    labels: { ...ours, ...recordOf(recordOf(metadata)['labels']), ...own },
  })
  const withOwn: KubeObject = { ...object, metadata: labelled(object.metadata) }
  const path = podTemplatePath(object)
  if (!path || path.length === 0) return withOwn
  return withValueUnder(withOwn, path, (template) => {
    const { metadata } = recordOf(template)
    const name = recordOf(recordOf(metadata)['labels'])['app.kubernetes.io/name']
    if (typeof name === 'string' && stack.services.has(name)) return template
    return { ...recordOf(template), metadata: labelled(recordOf(metadata)) }
  })
}

function withoutStatus({ status: _status, ...object }: ManifestFact['object']): ManifestFact['object'] {
  return object
}

/** What the server writes and refuses to be told: it is there where an object was copied from a cluster. */
function withoutServerFields(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const theirs = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid']
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !theirs.includes(key)))
}

function dataIn({ apiVersion, kind, metadata, spec }: KubeObject): string | undefined {
  if (apiVersion === 'v1' && kind === 'PersistentVolumeClaim') return `the data of claim ${metadata.name}`
  if (apiVersion === 'v1' && kind === 'Namespace') return `everything in namespace ${metadata.name}`
  if (kind !== 'CustomResourceDefinition') return undefined
  const defined = textOr(recordOf(recordOf(spec)['names'])['kind'], undefined)
  return `every ${defined ?? metadata.name} in the cluster`
}

function textOr(value: unknown, otherwise: string | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : otherwise
}
