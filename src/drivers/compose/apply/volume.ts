import { randomBytes } from 'node:crypto'
import type { ResourceId } from '../../../plan/resource.ts'
import { StepError } from '../../../plan/step-error.ts'
import { listContainers } from '../../../platform/engine/containers.ts'
import { isConflict, isNotFound } from '../../../platform/engine/errors.ts'
import { createVolume, listVolumes, removeVolume } from '../../../platform/engine/volumes.ts'
import type { Context } from '../context.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'
import { composeLabel, identityLabels, isOurs, label, partsLabels, projectFilter } from '../labels.ts'
import { foreignError } from './foreign.ts'

/** Makes a volume; one of ours that is there already is left as it is, with its data. */
export async function ensureVolume({ engine, stack }: Context, wanted: ComposeResource): Promise<void> {
  const { volume } = specOf(wanted, 'volume')
  const made = await createVolume(engine, volume, {
    ...identityLabels(stack, wanted.id, 'data'),
    ...partsLabels(wanted.parts),
    [composeLabel.volume]: wanted.name,
    [label.incarnation]: randomBytes(6).toString('hex'),
  })
  if (!isOurs(stack, made.Labels)) throw foreignError('volume', volume, made.Labels, stack, wanted.from)
}

/** Deletes a volume and its data. */
export async function deleteVolume({ engine, stack }: Context, resource: ResourceId): Promise<void> {
  const found = await listVolumes(engine, [projectFilter(stack), `${label.resource}=${resource}`])
  for (const { Name, Labels } of found) {
    if (!isOurs(stack, Labels)) continue
    try {
      await removeVolume(engine, Name)
    } catch (error) {
      if (isNotFound(error)) continue
      if (!isConflict(error)) throw error
      const users = (await listContainers(engine, [])).filter(({ Mounts }) =>
        Mounts.some((mount) => mount.Name === Name),
      )
      const names = users.map(({ Names }) => (Names[0] ?? '').slice(1)).join(', ')
      throw new StepError('deploy', `the volume ${Name} is still in use by ${names}`, {
        hint: 'remove that container first',
        cause: error,
      })
    }
  }
}
