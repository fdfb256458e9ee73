import { isConflict, isNotFound } from '../platform/engine/errors.ts'
import type { Engine } from '../platform/engine/engine.ts'
import { inspectImage, listImages, removeImage, type ImageSummary } from '../platform/engine/images.ts'

/** The one that runs and the one before it, which a rollback would want. */
const keptBuilds = 2

/**
 * Removes builds of one image of a stack beyond the last two, `current` among them. One that a container still uses stays until its
 * turn comes again. The last is whose name was given last: an image that the cache had is as old as what is in it.
 */
export async function pruneBuilds(
  engine: Engine,
  stack: string,
  image: string,
  current: string,
): Promise<void> {
  const builds = await listImages(engine, {
    labels: [`dev.iamstack.stack=${stack}`, `dev.iamstack.image=${image}`],
  })
  if (builds.length <= keptBuilds) return
  const dated = await Promise.all(
    builds.map(async (build) => ({ build, at: await lastNamed(engine, build) })),
  )
  const old = dated.sort((one, other) => other.at - one.at).slice(keptBuilds)
  for (const tag of old.flatMap(({ build }) => build.RepoTags ?? [])) {
    if (tag === current) continue
    try {
      await removeImage(engine, tag)
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
  }
}

/** Epoch milliseconds; when it was made, where the engine does not say. 0 for what is gone meanwhile. */
async function lastNamed(engine: Engine, { Id, Created }: ImageSummary): Promise<number> {
  try {
    const { Metadata } = await inspectImage(engine, Id)
    const time = Date.parse(Metadata?.LastTagTime ?? '')
    return Number.isNaN(time) ? Created * 1000 : time
  } catch (error) {
    if (isNotFound(error)) return 0
    throw error
  }
}
