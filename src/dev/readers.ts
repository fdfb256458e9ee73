import { join, relative, sep } from 'node:path'
import type { ImageIdentity } from '../images/identify.ts'
import { nodeFiles } from '../images/context/file-access.ts'
import type { ResourceId } from '../plan/resource.ts'
import { isWithin } from '../platform/watch.ts'
import type { Image, ImageSource, Job, ResolvedStack, Service } from '../resolve/resolved.ts'
import { processSources, type ProcessSource } from '../session/sources.ts'
import type { Opened } from '../session/opened.ts'
import type { Impact, Reader } from './impact.ts'
import { materialFiles, type MaterialFile } from './material-files.ts'
import { folderOfPattern } from './patterns.ts'
import { rootsOfSync } from './ways/stated.ts'
import { wayOf } from './ways/way.ts'

interface Sources {
  readonly stack: ResolvedStack
  readonly identities: ReadonlyMap<string, ImageIdentity>
  readonly processes: ReadonlyMap<string, ProcessSource>
  readonly materials: readonly MaterialFile[]
  readonly watch: readonly string[]
}

/** What had to be looked for on the disk. */
interface Known {
  readonly processes: ReadonlyMap<string, ProcessSource>
  readonly materials: readonly MaterialFile[]
}

const known = new WeakMap<Opened, Known>()

/** What reads which file, from what was gathered last. */
export function readersOf(opened: Opened): Reader[] {
  const sources: Sources = {
    stack: opened.stack,
    identities: opened.gathered()?.identities ?? new Map<string, ImageIdentity>(),
    processes: known.get(opened)?.processes ?? new Map<string, ProcessSource>(),
    materials: known.get(opened)?.materials ?? [],
    watch: opened.watch,
  }
  return [
    ...stackReaders(sources),
    ...imageReaders(sources, opened.driver.name === 'process'),
    ...treeReaders(sources),
    ...(opened.driver.syncing ? namedReaders(sources) : []),
    ...contentReaders(sources),
  ]
}

/**
 * What has to be watched: the folders that images and processes read, the files of configs and secrets, and the stack's own.
 * A folder is entered only where something below it can matter.
 */
export async function watchedPaths(
  opened: Opened,
): Promise<{ readonly paths: string[]; readonly isIgnored: (path: string) => boolean }> {
  const { stack } = opened
  const processes =
    opened.driver.name === 'process'
      ? await processSources(stack, nodeFiles, opened.memory.folder)
      : new Map<string, ProcessSource>()
  const materials = await materialFiles(stack)
  known.set(opened, { processes, materials })
  const identities = opened.gathered()?.identities ?? new Map<string, ImageIdentity>()
  const contexts = [...identities].flatMap(([name, identity]) => {
    const image = stack.images.get(name)
    return image
      ? [
          ...identity.roots.map((root) => join(image.context, root)),
          image.dockerfile,
          join(image.context, '.dockerignore'),
        ]
      : []
  })
  const trees = [...processes.values()].flatMap((source) =>
    source.kind === 'tree' ? [source.tree.folder] : [],
  )
  const contents = [...stack.configs.values()].flatMap(({ sources }) =>
    sources.flatMap((source) =>
      source.kind === 'literal'
        ? []
        : [folderOfPattern(source.kind === 'template' ? source.pattern : source.path)],
    ),
  )
  const files = [...opened.watch, ...materials.map(({ root }) => root)]
  const readers = readersOf(opened)
  const named = opened.driver.syncing ? [...stack.services.values()].flatMap(rootsOfSync) : []
  return {
    paths: [...new Set([...contexts, ...trees, ...contents, ...files, ...named])],
    isIgnored: (path) =>
      isPruned(path, stack, identities, processes) && !readers.some((reader) => reader.reads(path)),
  }
}

/** Below a root that an ignore file prunes, or below a folder that is watched only for the files in it. */
function isPruned(
  path: string,
  stack: ResolvedStack,
  identities: ReadonlyMap<string, ImageIdentity>,
  processes: ReadonlyMap<string, ProcessSource>,
): boolean {
  if (/[/\\](\.git|node_modules)([/\\]|$)/.test(path)) return true
  const holders = [
    ...[...identities].flatMap(([name, identity]) => {
      const image = stack.images.get(name)
      return image && isWithin(path, image.context)
        ? [identity.ignore.canSkipDirectory(inside(path, image.context))]
        : []
    }),
    ...[...processes.values()].flatMap((source) =>
      source.kind === 'tree' && isWithin(path, source.tree.folder)
        ? [source.tree.ignore.canSkipDirectory(inside(path, source.tree.folder))]
        : [],
    ),
  ]
  return holders.length > 0 && holders.every(Boolean)
}

function stackReaders({ watch, materials }: Sources): Reader[] {
  const files = new Set(watch)
  const own = {
    rule: 'the stack file, a profile or what they include',
    reads: (path: string) => files.has(path),
  }
  return [own, ...materials].map(({ rule, reads }) => ({ rule, reads, update: 'replan', resources: [] }))
}

function imageReaders({ stack, identities }: Sources, asProcess: boolean): Reader[] {
  return [...identities].map(([name, identity]) => {
    const image = stack.images.get(name)
    const resources = usersOf(stack, (source) => source?.kind === 'built' && source.image === name)
    return {
      rule: `image ${name} is made from it`,
      update: asProcess ? 'restart' : 'rebuild',
      resources,
      ...(image &&
        !asProcess && { finer: (path: string) => waysOf({ stack, identity, image, resources }, path) }),
      reads: (path) =>
        image !== undefined &&
        (path === image.dockerfile ||
          path === join(image.context, '.dockerignore') ||
          (isWithin(path, image.context) && identity.reads(inside(path, image.context)))),
    }
  })
}

/** What `dev.sync` names and no build reads: products of this machine, files that an ignore file hides. */
function namedReaders({ stack, identities }: Sources): Reader[] {
  return [...stack.services.values()].flatMap((service): Reader[] => {
    const roots = rootsOfSync(service)
    const name = service.image?.kind === 'built' ? service.image.image : ''
    const [image, identity] = [stack.images.get(name), identities.get(name)]
    if (roots.length === 0 || !image || !identity) return []
    return [
      {
        rule: 'dev.sync names it',
        update: 'sync',
        resources: [`service/${service.name}`],
        reads: (path) =>
          roots.some((root) => isWithin(path, root)) &&
          !(isWithin(path, image.context) && identity.reads(inside(path, image.context))),
      },
    ]
  })
}

interface ImageUse {
  readonly stack: ResolvedStack
  readonly identity: ImageIdentity
  readonly image: Image
  readonly resources: readonly ResourceId[]
}

/** What an edit costs each service and job that runs the image; those that it costs the same are told together. */
function waysOf({ stack, identity, image, resources }: ImageUse, path: string): Omit<Impact, 'path'>[] {
  const costs = new Map<string, { update: 'sync' | 'rebuild'; rule: string; resources: ResourceId[] }>()
  for (const id of resources) {
    const name = id.slice(id.indexOf('/') + 1)
    const owner = id.startsWith('job/') ? stack.jobs.get(name) : stack.services.get(name)
    if (!owner) continue
    const { cost, rule } = wayOf(
      {
        image,
        identity,
        owner,
        isProtected: stack.profile.isProtected,
        imagesOfStack: new Set(stack.images.keys()),
      },
      path,
    )
    const update = cost === 'sync' ? 'sync' : 'rebuild'
    const found = costs.get(`${update} ${rule}`) ?? { update, rule, resources: [] }
    found.resources.push(id)
    costs.set(`${update} ${rule}`, found)
  }
  return [...costs.values()]
}

function treeReaders({ processes }: Sources): Reader[] {
  return [...processes].flatMap(([id, source]): Reader[] => {
    if (source.kind !== 'tree') return []
    const { folder, ignore, accepts = () => true } = source.tree
    return [
      {
        rule: 'the process runs from this folder',
        update: 'restart',
        resources: [id as ResourceId],
        reads: (path) =>
          isWithin(path, folder) &&
          path !== folder &&
          !ignore.isIgnored(inside(path, folder)) &&
          accepts(inside(path, folder)),
      },
    ]
  })
}

function contentReaders({ stack }: Sources): Reader[] {
  return [...stack.configs.values()].map((config) => ({
    rule: `config ${config.name} is made from it`,
    update: 'reload' as const,
    resources: ownersOf(
      stack,
      (owner) =>
        owner.mounts.some((mount) => mount.kind === 'config' && mount.config === config.name) ||
        owner.envFrom.some((from) => from.name === config.name),
    ),
    reads: (path) =>
      config.sources.some(
        (source) =>
          source.kind !== 'literal' &&
          isWithin(path, folderOfPattern(source.kind === 'template' ? source.pattern : source.path)),
      ),
  }))
}

function usersOf(stack: ResolvedStack, isUsed: (image: ImageSource | undefined) => boolean): ResourceId[] {
  return ownersOf(
    stack,
    (owner) => isUsed(owner.image) || ('init' in owner && owner.init.some((init) => isUsed(init.image))),
  )
}

function ownersOf(stack: ResolvedStack, isUser: (owner: Service | Job) => boolean): ResourceId[] {
  return [
    ...[...stack.services.values()].filter(isUser).map(({ name }): ResourceId => `service/${name}`),
    ...[...stack.jobs.values()].filter(isUser).map(({ name }): ResourceId => `job/${name}`),
  ]
}

function inside(path: string, folder: string): string {
  return relative(folder, path).split(sep).join('/')
}
