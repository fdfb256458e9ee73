import { isConflict, isNotFound } from '../platform/engine/errors.ts'
import type { Engine } from '../platform/engine/engine.ts'
import { listImages, removeImage } from '../platform/engine/images.ts'

/** The one that runs and the one before it, which a rollback would want. */
const keptBuilds = 2

/** Removes builds of one image of a stack beyond the last two. One that a container still uses stays until its turn comes again. */
export async function pruneBuilds(engine: Engine, stack: string, image: string): Promise<void> {
  const builds = await listImages(engine, {
    labels: [`dev.iamstack.stack=${stack}`, `dev.iamstack.image=${image}`],
  })
  const old = [...builds].sort((one, other) => other.Created - one.Created).slice(keptBuilds)
  for (const tag of old.flatMap(({ RepoTags }) => RepoTags ?? [])) {
    try {
      await removeImage(engine, tag)
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
  }
}
