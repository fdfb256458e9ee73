import type { Job, ResolvedStack, Service } from '../../../resolve/resolved.ts'
import { referencesOf } from '../../../resolve/text.ts'
import type { Diagnostic } from '../../../stack/diagnostics.ts'
import type { ClusterFacts } from '../desired/context.ts'
import { numberOf } from '../desired/security.ts'
import { refused, when } from './finding.ts'

type Program = Pick<Service | Job, 'name' | 'at' | 'from' | 'mounts' | 'env' | 'image' | 'user' | 'group'>

/** What services and jobs have in common: image, user, mounts and variables. */
export function programFindings(
  kind: 'service' | 'job',
  program: Program,
  cluster: ClusterFacts,
): Diagnostic[] {
  const name = `${kind} ${program.name}`
  return [
    ...when(program.image === undefined, () =>
      refused('image', `${name} has no image`, program.from, 'name one, or make it external'),
    ),
    ...(['user', 'group'] as const).flatMap((key) => {
      const written = program[key]
      return when(written !== undefined && numberOf(written) === undefined, () =>
        refused(
          key,
          `${name}: Kubernetes knows no ${key} by name, only by number`,
          program.at(key),
          `write the number: ${numberCommand(key, written ?? '', program)}`,
        ),
      )
    }),
    ...mountFindings(name, program),
    ...outputFindings(name, program, cluster),
  ]
}

/** What tells the number of a user or group of an image. */
function numberCommand(key: 'user' | 'group', name: string, { image }: Program): string {
  const reference = image?.kind === 'reference' ? image.reference : 'IMAGE'
  const [entrypoint, words] = key === 'user' ? ['id', `-u ${name}`] : ['getent', `group ${name}`]
  return `docker run --rm --entrypoint ${entrypoint} ${reference} ${words}`
}

function mountFindings(name: string, { mounts }: Program): Diagnostic[] {
  return mounts.flatMap((mount) => [
    ...when(mount.kind === 'bind', () =>
      refused(
        'bind',
        `${name}: nodes do not have the files of this machine, so ${mount.path} cannot be bound`,
        mount.from,
        'copy them into the image, make them a config, or keep data in a volume; remove the mount in this profile with null',
      ),
    ),
    ...when(mount.path.includes(':'), () =>
      refused('mount-path', `${name}: Kubernetes takes no mount path with a colon`, mount.from),
    ),
    ...when(mount.kind === 'volume' && (mount.subPath?.split('/').includes('..') ?? false), () =>
      refused('sub-path', `${name}: a sub-path must not lead out of its volume`, mount.from),
    ),
  ])
}

/** Outputs of cloud stacks are known where there is a cloud. */
function outputFindings(name: string, { env }: Program, { target }: ClusterFacts): Diagnostic[] {
  if (target === 'eks') return []
  return [...env.values()].flatMap((value) =>
    value.kind === 'text'
      ? referencesOf(value.text)
          .filter(({ kind }) => kind === 'stack-output')
          .map(({ from }) =>
            refused('stack-output', `${name}: there are no cloud stacks on this target`, from),
          )
      : [],
  )
}

/** Volumes that this cluster would not give, or not to all who ask. */
export function volumeFindings(stack: ResolvedStack, { target, abilities }: ClusterFacts): Diagnostic[] {
  const isLocal = target === 'docker-desktop' || target === 'kind'
  return [...stack.volumes.values()].flatMap(({ name, from, access, restoreFrom, class: named }) => [
    ...when(restoreFrom !== undefined && isLocal, () =>
      refused(
        'volume-from',
        `volume ${name}: this cluster has no snapshots to make it from`,
        from,
        'leave `from` out in this profile',
      ),
    ),
    ...when(target === 'kind' && access === 'many' && (named ?? abilities.storageClass) === undefined, () =>
      refused(
        'volume-access',
        `volume ${name}: the storage class of kind lets one node at a time mount a volume`,
        from,
        'write access: single in this profile, or name a class that can do more',
      ),
    ),
  ])
}
