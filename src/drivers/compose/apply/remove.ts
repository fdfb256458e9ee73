import type { ResourceId } from '../../../plan/resource.ts'
import { removeContainer, stopContainer } from '../../../platform/engine/containers.ts'
import { isNotFound } from '../../../platform/engine/errors.ts'
import type { Context } from '../context.ts'
import { look } from '../observe/look.ts'
import { removeOwnVolumes } from './own-volumes.ts'

/** Stops every container of a resource within its own grace, and leaves it there. */
export async function stopAll({ engine, stack }: Context, resource: ResourceId): Promise<void> {
  const found = await look(engine, stack, { resource })
  await Promise.all(found.map(({ id }) => stopIfThere(engine, id)))
}

/** Stops and removes every container of a resource, with what was made for it alone. */
export async function removeAll(context: Context, resource: ResourceId): Promise<void> {
  const { engine, stack } = context
  const found = await look(engine, stack, { resource })
  await Promise.all(
    found.map(async ({ id }) => {
      await stopIfThere(engine, id)
      await removeIfThere(context, id)
    }),
  )
  await removeOwnVolumes(context, resource, new Set())
}

/**
 * Removes what belongs to no container any more: init steps, and volumes made for containers that are gone. Containers of the
 * generations in `gone` go too.
 */
export async function sweep(
  context: Context,
  resource: ResourceId,
  gone: ReadonlySet<string> = new Set(),
): Promise<void> {
  const found = await look(context.engine, context.stack, { resource })
  const staying = new Set(
    found.filter(({ role }) => role !== 'init' && role !== 'filler').map(({ generation }) => generation),
  )
  for (const generation of gone) staying.delete(generation)
  await Promise.all(
    found.filter(({ generation }) => !staying.has(generation)).map(({ id }) => removeIfThere(context, id)),
  )
  await removeOwnVolumes(context, resource, staying)
}

export async function removeIfThere({ engine }: Pick<Context, 'engine'>, container: string): Promise<void> {
  try {
    await removeContainer(engine, container)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function stopIfThere(engine: Context['engine'], container: string): Promise<void> {
  try {
    await stopContainer(engine, container)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
