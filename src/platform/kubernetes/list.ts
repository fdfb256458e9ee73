import { KubeError, type KindOfObject, type KubeObject, type ListOptions, type ObjectList } from './client.ts'
import { fieldsOf, listOf, textOf } from './entries.ts'
import { isNotFound } from './errors.ts'
import { collectionPath } from './paths.ts'
import type { Transport } from './transport.ts'

/** Objects per answer; what kubectl asks for. */
const pageSize = 500
/** Lists begun again because a page came too late (410), before the whole is asked for at once. */
const mostRestarts = 2

export async function listObjects(
  transport: Transport,
  kind: KindOfObject,
  options: ListOptions,
  signal?: AbortSignal,
): Promise<ObjectList> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      const limit = restarts < mostRestarts ? pageSize : undefined
      return await listPages(transport, kind, options, limit, signal)
    } catch (error) {
      if (isNotFound(error)) return { items: [], resourceVersion: '' }
      const isExpired = error instanceof KubeError && error.status === 410
      if (!isExpired || restarts >= mostRestarts) throw error
    }
  }
}

async function listPages(
  transport: Transport,
  kind: KindOfObject,
  options: ListOptions,
  limit: number | undefined,
  signal: AbortSignal | undefined,
): Promise<ObjectList> {
  const items: KubeObject[] = []
  let next: string | undefined
  for (;;) {
    const answer = fieldsOf(
      await transport.call({
        method: 'GET',
        path: collectionPath(kind, options.namespace),
        query: { ...selectors(options), limit, continue: next },
        ...(options.metadataOnly === true && { accept: metadataOf('PartialObjectMetadataList') }),
        ...(signal && { signal }),
      }),
    )
    for (const item of listOf(answer['items'])) items.push(itemOf(kind, item))
    const metadata = fieldsOf(answer['metadata'])
    next = textOf(metadata['continue'])
    if (next === undefined) return { items, resourceVersion: textOf(metadata['resourceVersion']) ?? '' }
  }
}

export function selectors({ labelSelector, fieldSelector }: ListOptions) {
  return { labelSelector, fieldSelector }
}

/** Servers that cannot leave the rest out send the whole. */
export function metadataOf(as: 'PartialObjectMetadataList' | 'PartialObjectMetadata'): string {
  return `application/json;as=${as};g=meta.k8s.io;v=v1,application/json`
}

/** Items of a list do not say what they are, and metadata alone says that it is metadata. */
export function itemOf(kind: KindOfObject, item: unknown): KubeObject {
  return { ...fieldsOf(item), apiVersion: kind.apiVersion, kind: kind.kind } as KubeObject
}
