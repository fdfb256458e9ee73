import { pullImage } from '../../../platform/engine/transfer.ts'
import { parseImageReference } from '../../../platform/engine/references.ts'
import { deleteBuiltImage, imagesHere } from '../../../images/observe-images.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Observed, Resource, ResourceId } from '../../../plan/resource.ts'
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

/** Which of the wanted images the engine has; one list. */
export function observeImages(
  engine: Engine,
  wanted: readonly Resource[],
  signal: AbortSignal,
): Promise<Observed> {
  const images = wanted.flatMap((resource) =>
    resource.kind === 'image' ? [{ resource, reference: specOf(resource, 'image').reference }] : [],
  )
  return imagesHere(engine, images, signal)
}

/** Removes the tags of an image that the stack built. */
export async function deleteImage({ engine, stack }: Context, resource: ResourceId): Promise<void> {
  await deleteBuiltImage(engine, stack.name, resource.slice('image/'.length))
}
