import { setTimeout as sleep } from 'node:timers/promises'
import type { Observed, ObservedResource, Resource } from '../plan/resource.ts'
import { listContainersOf } from '../platform/engine/containers.ts'
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

/** Removes the tags of an image that the stack built. */
export async function deleteBuiltImage(engine: Engine, stack: string, image: string): Promise<void> {
  const images = await listImages(engine, {
    labels: [`dev.iamstack.image=${image}`, `dev.iamstack.stack=${stack}`],
  })
  for (const tag of images.flatMap(({ RepoTags }) => RepoTags ?? [])) {
    await removeTag(engine, tag)
  }
}

/** How often is tried, twice a second: a node ends its containers a moment after their pods are gone. */
const tries = 40

/** So many tries are left when a node has had its two seconds. */
const patient = tries - 4

/**
 * Nothing has the image but ended containers of a node. It keeps the last one of a container until its next sweep, up to some
 * minutes after the pod is gone, and can sweep it without the image. A container of anybody else keeps its image.
 */
async function isHeldByLeavings(engine: Engine, tag: string): Promise<boolean> {
  const holders = await listContainersOf(engine, tag)
  return holders.every(
    ({ State, Labels }) => State === 'exited' && Labels['io.kubernetes.pod.name'] !== undefined,
  )
}

async function removeTag(engine: Engine, tag: string): Promise<void> {
  for (let left = tries; ; left -= 1) {
    try {
      await removeImage(engine, tag)
      return
    } catch (error) {
      if (isNotFound(error)) return
      if (!isConflict(error) || left === 0) throw error
      if (left < patient && (await isHeldByLeavings(engine, tag))) {
        await removeImage(engine, tag, { force: true })
        return
      }
    }
    await sleep(500)
  }
}

/** As the engine lists it: with a tag, and without the names that stand for Docker Hub. */
function taggedReference(reference: string): string {
  const familiar = reference.replace(/^docker\.io\//, '').replace(/^library\//, '')
  if (familiar.includes('@')) return familiar
  return /:[^/]+$/.test(familiar) ? familiar : `${familiar}:latest`
}
