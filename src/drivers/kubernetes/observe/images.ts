import type { Observed, ObservedResource, Resource } from '../../../plan/resource.ts'
import { imagesHere } from '../../../images/observe-images.ts'
import type { KubeContext } from '../context.ts'
import { specOf } from '../spec.ts'

/** Which images this machine's engine has, and which the cluster: one look at each, and at neither without need. */
export async function observeImages(
  context: KubeContext,
  wanted: readonly Resource[],
  signal: AbortSignal,
): Promise<Observed> {
  const [here, there] = await Promise.all([
    builtImages(context, wanted, signal),
    deliveries(context, wanted, signal),
  ])
  return new Map([...here, ...there])
}

async function builtImages(
  { engine }: KubeContext,
  wanted: readonly Resource[],
  signal: AbortSignal,
): Promise<Observed> {
  const images = wanted.flatMap((resource) =>
    resource.kind === 'image' ? [{ resource, reference: specOf(resource, 'image').reference }] : [],
  )
  return engine && images.length > 0 ? imagesHere(await engine(), images, signal) : new Map()
}

async function deliveries(
  context: KubeContext,
  wanted: readonly Resource[],
  signal: AbortSignal,
): Promise<Observed> {
  const { delivery } = context.cluster
  const asked = wanted.flatMap((resource) =>
    resource.kind === 'delivery' ? [{ resource, reference: specOf(resource, 'delivery').reference }] : [],
  )
  // A cluster that does not exist yet has none, and cannot be asked.
  if (!delivery || asked.length === 0 || !(await context.client())) return new Map()
  const has = await delivery.has(
    asked.map(({ reference }) => reference),
    signal,
  )
  return new Map(
    asked.flatMap(({ resource, reference }): [Resource['id'], ObservedResource][] =>
      has.has(reference) ? [[resource.id, deliverySeen(resource)]] : [],
    ),
  )
}

function deliverySeen({ id, parts }: Resource): ObservedResource {
  return { id, health: 'ready', parts, replicas: undefined, detail: 'in the cluster', holdsData: undefined }
}
