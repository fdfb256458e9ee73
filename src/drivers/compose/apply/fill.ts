import { fillMount, type ContentMount, type MountFile } from '../../../content/mounts.ts'
import { isNotFound } from '../../../platform/engine/errors.ts'
import { putArchive } from '../../../platform/engine/archive.ts'
import { createContainer, removeContainer } from '../../../platform/engine/containers.ts'
import type { Context } from '../context.ts'
import { declarationOf } from '../../consumer.ts'
import { lookupIn } from '../../inner-lookup.ts'
import type { WorkloadSpec } from '../desired/spec.ts'
import { identityLabels, label } from '../labels.ts'
import { newGeneration } from '../names.ts'
import { ownerOf, type Owner } from './owner.ts'
import type { Placement } from './own-volumes.ts'
import { foldersOf, tarOf, type TarEntry } from './tar.ts'

/** Where the container that fills volumes has them. */
const folder = 'iamstack'

/** Fresh volumes have this mode; any other was set by somebody who knew why. */
const freshMode = 0o755

/**
 * Puts content into the volumes of a container before it starts, and gives writable ones to its user. It goes through a second
 * container that never starts, because an archive cannot be put where the root is read-only, nor below a sub-path that is
 * not there yet.
 */
export async function fillVolumes(
  context: Context,
  spec: WorkloadSpec,
  placements: readonly Placement[],
): Promise<void> {
  const contents = await contentsOf(context, spec, placements)
  const toOwn = placements.filter((placement) => needsOwner(spec, placement))
  if (contents.length === 0 && toOwn.length === 0) return
  const volumes = [
    ...new Set(
      [...contents.map(({ placement }) => placement), ...toOwn].map(({ volume }) => volume?.name ?? ''),
    ),
  ]
  const { engine, stack } = context
  const { id } = await createContainer(engine, `${stack.project}-${spec.name}-fill-${newGeneration()}`, {
    Image: spec.image,
    Cmd: ['-'],
    Entrypoint: ['-'],
    User: '0',
    Labels: { ...identityLabels(stack, spec.resource, 'filler'), [label.generation]: '' },
    HostConfig: {
      NetworkMode: 'none',
      Mounts: volumes.map((Source, index) => ({
        Type: 'volume',
        Source,
        Target: `/${folder}/${index}`,
        VolumeOptions: { NoCopy: true },
      })),
    },
  })
  try {
    const owner = await ownerOf(engine, spec, id)
    const placeOf = ({ volume }: Placement): string =>
      `${folder}/${volumes.indexOf(volume?.name ?? '')}${volume?.path ? `/${volume.path}` : ''}`
    const entries = [
      ...contents.flatMap(({ placement, files }) => contentEntries(placeOf(placement), files, owner)),
      ...(
        await Promise.all(toOwn.map((each) => ownedEntries(context, spec, id, each, placeOf(each), owner)))
      ).flat(),
    ]
    if (entries.length > 0) await putArchive(engine, id, '/', await tarOf(entries))
  } finally {
    // The image may declare anonymous volumes, which go with it; named ones stay.
    await removeContainer(engine, id)
  }
}

async function contentsOf(
  { stack, materials }: Context,
  spec: WorkloadSpec,
  placements: readonly Placement[],
): Promise<{ placement: Placement; files: MountFile[] }[]> {
  const declared = declarationOf(spec.consumer)
  const lookup = lookupIn(stack, 'ports' in declared ? declared.ports : new Map())
  const mounted = placements.flatMap((placement) =>
    isContent(placement.mount) ? [{ placement, mount: placement.mount }] : [],
  )
  return await Promise.all(
    mounted.map(async ({ placement, mount }) => ({
      placement,
      files: await fillMount(mount, { stack: spec.stack, facts: spec.facts, materials, lookup }),
    })),
  )
}

function isContent(mount: Placement['mount']): mount is ContentMount {
  return mount.kind === 'config' || mount.kind === 'secret' || mount.kind === 'cert'
}

function contentEntries(place: string, files: readonly MountFile[], owner: Owner): TarEntry[] {
  const folders = foldersOf(files.map(({ path }) => path)).map((path) => `${place}/${path}`)
  const isSingle = files.length === 1 && files[0]?.path === ''
  return [
    ...(isSingle ? [] : [place, ...folders]).map((path) => ({
      path,
      bytes: undefined,
      mode: 0o755,
      ...owner,
    })),
    ...files.map(({ path, bytes, mode }) => ({
      path: path === '' ? place : `${place}/${path}`,
      bytes,
      mode,
      ...owner,
    })),
  ]
}

/** Scratch always; a volume where somebody else than root is to write it, or where a sub-path must exist before the start. */
function needsOwner(spec: WorkloadSpec, { role, mount, volume }: Placement): boolean {
  if (role === 'scratch') return true
  if (role !== 'data') return false
  const { user, group } = declarationOf(spec.consumer)
  const fsGroup = spec.consumer.kind === 'service' ? spec.consumer.service.fsGroup : undefined
  const isForSomebody = user !== undefined || group !== undefined || fsGroup !== undefined
  return (volume?.path ?? '') !== '' || (isForSomebody && !mount.isReadOnly)
}

async function ownedEntries(
  { engine }: Context,
  spec: WorkloadSpec,
  container: string,
  { role, volume }: Placement,
  place: string,
  owner: Owner,
): Promise<TarEntry[]> {
  // As an emptyDir of Kubernetes: whoever a program becomes may write there.
  if (role === 'scratch') return [{ path: place, bytes: undefined, mode: 0o777, ...owner }]
  const mode = await modeOf(engine, container, `/${place}`)
  if (mode !== undefined && mode !== freshMode) return []
  const hasGroup = spec.consumer.kind === 'service' && spec.consumer.service.fsGroup !== undefined
  const above = foldersOf([volume?.path ?? '']).map((path) => ({
    path: `${place.slice(0, place.length - (volume?.path ?? '').length)}${path}`,
    bytes: undefined,
    mode: freshMode,
    uid: 0,
    gid: 0,
  }))
  // With a group of its own, files that are made there belong to it too.
  const own = { path: place, bytes: undefined, mode: hasGroup ? 0o2775 : freshMode, ...owner }
  return mode === undefined ? [...above, own] : [own]
}

/** Permission bits of a folder, as the engine tells them in a header; undefined where it is not there. */
async function modeOf(
  engine: Context['engine'],
  container: string,
  path: string,
): Promise<number | undefined> {
  try {
    const headers = await engine.head(`/containers/${container}/archive`, { query: { path } })
    const header = headers['x-docker-container-path-stat']
    const stat: unknown = JSON.parse(Buffer.from(String(header), 'base64').toString())
    const mode = typeof stat === 'object' && stat !== null && 'mode' in stat ? stat.mode : undefined
    return typeof mode === 'number' ? mode & 0o777 : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
