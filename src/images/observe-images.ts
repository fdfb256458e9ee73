import { setTimeout as sleep } from 'node:timers/promises'
import type { Observed, ObservedResource, Resource } from '../plan/resource.ts'
import { listContainersOf, removeContainer } from '../platform/engine/containers.ts'
import type { Engine } from '../platform/engine/engine.ts'
import { isConflict, isNotFound } from '../platform/engine/errors.ts'
import { listImages, removeImage } from '../platform/engine/images.ts'

/** An image resource, and what its workloads call the image. */
export interface WantedImage {
  readonly resource: Resource
  readonly reference: string
}

/** Which of the wanted images the engine has; one list. An image of ours carries its identity in its tag. */
export async function imagesHere(
  engine: Engine,
  wanted: readonly WantedImage[],
  signal: AbortSignal,
): Promise<Observed> {
  if (wanted.length === 0) return new Map()
  const images = await listImages(engine, {}, signal)
  const byName = new Map(
    images.flatMap((image) =>
      [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].map((name) => [name, image] as const),
    ),
  )
  return new Map(
    wanted.flatMap(({ resource, reference }): [Resource['id'], ObservedResource][] => {
      const found = byName.get(taggedReference(reference))
      if (!found) return []
      return [
        [
          resource.id,
          {
            id: resource.id,
            health: 'ready',
            // A tag of the user's own choice stays while what it stands for changes; the label tells.
            parts:
              resource.parts['inputs'] === undefined
                ? resource.parts
                : { inputs: (found.Labels?.['dev.iamstack.inputs'] ?? '').slice(0, 12) },
            replicas: undefined,
            detail: 'on this machine',
            holdsData: undefined,
            facts: { id: found.Id.replace('sha256:', '').slice(0, 12), bytes: found.Size },
          },
        ],
      ]
    }),
  )
}

/** Removes the tags of an image that the stack built. `namespace` is the one whose pods of it are gone. */
export async function deleteBuiltImage(
  engine: Engine,
  stack: string,
  image: string,
  namespace?: string,
): Promise<void> {
  const images = await listImages(engine, {
    labels: [`dev.iamstack.image=${image}`, `dev.iamstack.stack=${stack}`],
  })
  for (const tag of images.flatMap(({ RepoTags }) => RepoTags ?? [])) {
    await removeTag(engine, tag, namespace)
  }
}

/** How often is tried, twice a second: a node ends its containers a moment after their pods are gone. */
const tries = 40
/** So many tries are left when a node has had its two seconds. */
const patient = tries - 4

async function removeTag(engine: Engine, tag: string, namespace: string | undefined): Promise<void> {
  for (let left = tries; ; left -= 1) {
    try {
      await removeImage(engine, tag)
      return
    } catch (error) {
      if (isNotFound(error)) return
      if (!isConflict(error) || left === 0) throw error
      if (left < patient && namespace !== undefined) await sweepLeavings(engine, tag, namespace)
    }
    await sleep(500)
  }
}

/**
 * A node keeps the last ended container of a pod until its next sweep, some minutes after the pod is gone, and with it the image.
 * Those of a namespace that we have emptied are removed here.
 */
async function sweepLeavings(engine: Engine, tag: string, namespace: string): Promise<void> {
  for (const { Id, State, Labels } of await listContainersOf(engine, tag)) {
    if (State !== 'exited' || Labels['io.kubernetes.pod.namespace'] !== namespace) continue
    await removeContainer(engine, Id, { force: false }).catch((error: unknown) => {
      // The node was faster.
      if (!isNotFound(error) && !isConflict(error)) throw error
    })
  }
}

/** As the engine lists it: with a tag, and without the names that stand for Docker Hub. */
function taggedReference(reference: string): string {
  const familiar = reference.replace(/^docker\.io\//, '').replace(/^library\//, '')
  if (familiar.includes('@')) return familiar
  return /:[^/]+$/.test(familiar) ? familiar : `${familiar}:latest`
}
