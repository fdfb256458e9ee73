import { pullImage } from '../../../platform/engine/transfer.ts'
import { parseImageReference } from '../../../platform/engine/references.ts'
import { isNotFound } from '../../../platform/engine/errors.ts'
import { listImages, removeImage } from '../../../platform/engine/images.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Observed, ObservedResource, Resource, ResourceId } from '../../../plan/resource.ts'
import type { Engine } from '../../../platform/engine/engine.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'

/** Builds or pulls, so that the engine has the image under its reference. */
export async function ensureImage(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  const { build, reference } = specOf(wanted, 'image')
  if (build) {
    await context.buildImage(build.image, build.fact, run)
    return
  }
  if (context.stack.images.has(wanted.name) && !reference.includes(':')) {
    throw new StepError('build', `image ${wanted.name} was not identified, so it cannot be built`, {
      span: wanted.from,
    })
  }
  const { registry } = parseImageReference(reference)
  await pullImage(context.engine, reference, {
    credentials: await context.credentials?.(registry),
    signal: run.signal,
    onProgress: ({ status, layers, layersDone }) => {
      run.progress(wanted.id, layers > 0 ? `${status}, ${layersDone} of ${layers} layers` : status)
    },
  })
}

/** Which of the wanted images the engine has; one list. An image of ours carries its identity in its tag. */
export async function observeImages(
  engine: Engine,
  wanted: readonly Resource[],
  signal: AbortSignal,
): Promise<Observed> {
  const images = await listImages(engine, {}, signal)
  const byName = new Map(
    images.flatMap((image) =>
      [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].map((name) => [name, image] as const),
    ),
  )
  return new Map(
    wanted.flatMap((resource): [ResourceId, ObservedResource][] => {
      if (resource.kind !== 'image') return []
      const { reference } = specOf(resource, 'image')
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
export async function deleteImage({ engine, stack }: Context, resource: ResourceId): Promise<void> {
  const name = resource.slice('image/'.length)
  const images = await listImages(engine, {
    labels: [`dev.iamstack.image=${name}`, `dev.iamstack.stack=${stack.name}`],
  })
  for (const tag of images.flatMap(({ RepoTags }) => RepoTags ?? [])) {
    try {
      await removeImage(engine, tag)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

/** As the engine lists it: with a tag, and without the names that stand for Docker Hub. */
function taggedReference(reference: string): string {
  const familiar = reference.replace(/^docker\.io\//, '').replace(/^library\//, '')
  if (familiar.includes('@')) return familiar
  return /:[^/]+$/.test(familiar) ? familiar : `${familiar}:latest`
}
