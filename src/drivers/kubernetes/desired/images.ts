import type { ResourceId } from '../../../plan/resource.ts'
import type { Image, ImageSource, ResolvedStack } from '../../../resolve/resolved.ts'
import type { Facts } from '../../facts.ts'
import type { KubeResource } from '../spec.ts'
import { declarationOf } from '../../consumer.ts'
import { consumersOf } from './configs.ts'
import { isBuiltHere, referenceOf, type DesiredContext } from './context.ts'
import { need } from './objects.ts'

/** A build or a delivery has no natural end; the engine's own errors come first. Milliseconds. */
const imageTimeout = 3_600_000

/** `image/x` for all that is built here, used or not: unused ones are built when they are asked for. */
export function imageResources({ stack, facts }: DesiredContext): KubeResource[] {
  return [...stack.images.values()].flatMap((image) =>
    isBuiltHere({ kind: 'built', image: image.name }, facts) ? [imageResource(image, facts)] : [],
  )
}

function imageResource(image: Image, facts: Facts): KubeResource {
  const fact = facts.images.get(image.name)
  return {
    id: `image/${image.name}`,
    kind: 'image',
    name: image.name,
    spec: {
      kind: 'image',
      reference: fact?.reference ?? image.name,
      build: fact && { image, fact },
    },
    parts: fact ? { inputs: fact.hash.slice(0, 12) } : {},
    updates: {},
    needs: (fact?.bases ?? []).map((base) => need(`image/${base}`, 'completed')),
    replicas: undefined,
    timeout: imageTimeout,
    holdsData: undefined,
    from: image.from,
  }
}

/** `delivery/x` for every image that pods start from, on clusters whose nodes do not have those of this machine. */
export function deliveryResources({ stack, facts, cluster }: DesiredContext): KubeResource[] {
  if (!cluster.delivery) return []
  return [...sourcesUsed(stack)].map(([name, { source, from }]) => {
    const image: ResourceId = `image/${name}`
    return {
      id: `delivery/${name}`,
      kind: 'delivery',
      name,
      spec: { kind: 'delivery', reference: referenceOf(source, facts) },
      parts: {},
      updates: {},
      needs: [
        ...cluster.desired().map(({ id }) => need(id, 'healthy')),
        ...(isBuiltHere(source, facts) ? [need(image, 'completed')] : []),
      ],
      replicas: undefined,
      timeout: imageTimeout,
      holdsData: undefined,
      from,
    }
  })
}

/** Every image by its name in the stack file, with the place that first names it. */
function sourcesUsed(
  stack: ResolvedStack,
): ReadonlyMap<string, { readonly source: ImageSource; readonly from: KubeResource['from'] }> {
  const used = new Map<string, { source: ImageSource; from: KubeResource['from'] }>()
  const add = (source: ImageSource | undefined, from: KubeResource['from']): void => {
    if (!source) return
    const name = source.kind === 'built' ? source.image : source.reference
    if (!used.has(name)) used.set(name, { source, from })
  }
  for (const consumer of consumersOf(stack)) {
    const declared = declarationOf(consumer)
    add(declared.image, declared.at('image'))
    if (consumer.kind === 'service') for (const step of consumer.service.init) add(step.image, step.from)
  }
  return used
}
