import type { Mount } from '../../../resolve/resolved.ts'
import type { MountSpec } from '../../../platform/engine/container-spec.ts'
import { listVolumes, createVolume, removeVolume } from '../../../platform/engine/volumes.ts'
import { isConflict, isNotFound } from '../../../platform/engine/errors.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { Context } from '../context.ts'
import { declarationOf } from '../../consumer.ts'
import type { WorkloadSpec } from '../desired/spec.ts'
import { identityLabels, isOurs, label, projectFilter, type Identity } from '../labels.ts'
import { ownName } from '../names.ts'

/** Where a mount of one container lies: in a volume of the stack's, in one made for this container, or on the host. */
export interface Placement {
  readonly mount: Mount
  readonly spec: MountSpec
  /** The volume's name and the path inside; undefined for a bind. */
  readonly volume: { readonly name: string; readonly path: string } | undefined
  readonly role: 'data' | 'scratch' | 'files' | 'bind'
  /** The container that a volume lives and dies with. */
  readonly keeper: { readonly resource: ResourceId; readonly generation: string }
}

/** `generation` is the container's own, `podGeneration` that of the container whose scratch it shares. */
export function placementsOf(spec: WorkloadSpec, generation: string, podGeneration: string): Placement[] {
  const { stack, name } = spec
  const self = { resource: spec.resource, generation }
  return declarationOf(spec.consumer).mounts.map((mount, index): Placement => {
    const target = { Target: mount.path, ...(mount.isReadOnly && { ReadOnly: true }) }
    switch (mount.kind) {
      case 'volume': {
        const volume = ownName(stack, mount.volume)
        const path = (mount.subPath ?? '').replace(/^\/+|\/+$/g, '')
        // Docker fills an empty volume with what the image has there, owner included, which databases rely on.
        return placed(mount, 'data', self, volume, path, target, path === '' ? {} : { Subpath: path })
      }
      case 'scratch': {
        const isShared = spec.sharedScratch.has(mount.scratch) && spec.podOwner !== undefined
        const keeper = isShared
          ? { resource: `service/${spec.podOwner}` as const, generation: podGeneration }
          : self
        const owner = isShared ? spec.podOwner : name
        const volume = generatedName(stack, owner, keeper.generation, `scratch-${mount.scratch}`)
        return placed(mount, 'scratch', keeper, volume, '', target, { NoCopy: true })
      }
      case 'bind':
        return {
          mount,
          role: 'bind',
          keeper: self,
          volume: undefined,
          spec: { Type: 'bind', Source: mount.source, ...target, BindOptions: { CreateMountpoint: false } },
        }
      case 'config':
      case 'secret':
        return mount.key === undefined
          ? filesPlacement(mount, self, generatedName(stack, name, generation, `files-${index}`), '', target)
          : filesPlacement(mount, self, generatedName(stack, name, generation, 'files'), `f${index}`, target)
      case 'cert':
        return filesPlacement(
          mount,
          self,
          generatedName(stack, name, generation, `files-${index}`),
          '',
          target,
        )
      default:
        return mount satisfies never
    }
  })
}

/** A whole folder has a volume to itself; single files share one, in which each is a sub-path. */
function filesPlacement(
  mount: Mount,
  keeper: Placement['keeper'],
  volume: string,
  path: string,
  target: Pick<MountSpec, 'Target' | 'ReadOnly'>,
): Placement {
  const options = path === '' ? { NoCopy: true } : { NoCopy: true, Subpath: path }
  return placed(mount, 'files', keeper, volume, path, { ...target, ReadOnly: true }, options)
}

function placed(
  mount: Mount,
  role: Placement['role'],
  keeper: Placement['keeper'],
  volume: string,
  path: string,
  target: Pick<MountSpec, 'Target' | 'ReadOnly'>,
  options: NonNullable<MountSpec['VolumeOptions']>,
): Placement {
  const VolumeOptions = Object.keys(options).length > 0 ? { VolumeOptions: options } : {}
  return {
    mount,
    role,
    keeper,
    volume: { name: volume, path },
    spec: { Type: 'volume', Source: volume, ...target, ...VolumeOptions },
  }
}

function generatedName(identity: Identity, consumer: string, generation: string, what: string): string {
  return `${identity.project}_${consumer}-${generation}-${what}`
}

/** Makes the volumes that live and die with a container. */
export async function createOwnVolumes(
  { engine, stack }: Context,
  placements: readonly Placement[],
): Promise<void> {
  const own = new Map(
    placements.flatMap((placement) =>
      placement.volume && (placement.role === 'files' || placement.role === 'scratch')
        ? [[placement.volume.name, { role: placement.role, keeper: placement.keeper }] as const]
        : [],
    ),
  )
  await Promise.all(
    [...own].map(([name, { role, keeper }]) =>
      createVolume(engine, name, {
        ...identityLabels(stack, keeper.resource, role),
        [label.generation]: keeper.generation,
      }),
    ),
  )
}

/** Removes volumes that were made for containers of a resource which are gone. */
export async function removeOwnVolumes(
  { engine, stack }: Context,
  resource: ResourceId,
  staying: ReadonlySet<string>,
): Promise<void> {
  const found = await listVolumes(engine, [projectFilter(stack), `${label.resource}=${resource}`])
  const gone = found.filter(({ Labels }) => {
    const role = Labels?.[label.role]
    const isMadeForContainer = role === 'files' || role === 'scratch'
    return isOurs(stack, Labels) && isMadeForContainer && !staying.has(Labels?.[label.generation] ?? '')
  })
  await Promise.all(
    gone.map(async ({ Name }) => {
      try {
        await removeVolume(engine, Name)
      } catch (error) {
        // In use: by a member of the pod that is about to follow its owner, and then removes it.
        if (!isNotFound(error) && !isConflict(error)) throw error
      }
    }),
  )
}
