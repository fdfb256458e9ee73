import { isAbsolute, join, relative, sep } from 'node:path'
import type { FileAccess } from '../images/context/file-access.ts'
import type { StatCache } from '../images/context/stat-cache.ts'
import { parseGlob, matchGlob } from '../images/context/glob.ts'
import { digestTree, ignoreOfSources, type Tree } from '../images/context/tree.ts'
import type { ImageIdentity } from '../images/identify.ts'
import type { Job, ResolvedStack, Service } from '../resolve/resolved.ts'

/** Where the sources of a local process lie: what its identity is made of and what an edit of means a restart. */
export type ProcessSource =
  /** What the image's build can read is what the program is made from, however it is run. */
  { readonly kind: 'image'; readonly image: string } | { readonly kind: 'tree'; readonly tree: Tree }

/** By `service/x` and `job/x`; only what has a `process` block. */
export async function processSources(
  stack: ResolvedStack,
  files: FileAccess,
  stateFolder: string,
): Promise<ReadonlyMap<string, ProcessSource>> {
  const owners = [
    ...[...stack.services.values()].map((owner) => [`service/${owner.name}`, owner] as const),
    ...[...stack.jobs.values()].map((owner) => [`job/${owner.name}`, owner] as const),
  ]
  const sources = await Promise.all(
    owners.map(async ([id, owner]) => [id, await sourceOf(owner, files, stateFolder)] as const),
  )
  return new Map(sources.flatMap(([id, source]) => (source ? [[id, source] as const] : [])))
}

async function sourceOf(
  owner: Service | Job,
  files: FileAccess,
  stateFolder: string,
): Promise<ProcessSource | undefined> {
  const { process, image } = owner
  if (!process) return undefined
  // A program that reloads itself is not to be restarted for an edit.
  if ('dev' in owner && owner.dev.restart.kind === 'none') return undefined
  if (process.inputs === undefined && image?.kind === 'built') return { kind: 'image', image: image.image }
  const written = (await files.readText(join(process.cwd, '.dockerignore'))) ?? ''
  // Records and logs of ours below the sources would make every start a change of them.
  const state = relative(process.cwd, stateFolder).split(sep).join('/')
  const ignore = ignoreOfSources(
    state.startsWith('..') || isAbsolute(state) ? written : `${written}\n${state}`,
  )
  const accepts = process.inputs && acceptsOf(process.cwd, process.inputs)
  return { kind: 'tree', tree: { folder: process.cwd, ignore, ...(accepts && { accepts }) } }
}

/** A pattern may name a folder, a file or a glob; it is relative to the process's folder. */
export function acceptsOf(folder: string, inputs: readonly string[]): (path: string) => boolean {
  const globs = inputs.flatMap((input) => {
    const pattern = (isAbsolute(input) ? relative(folder, input) : input).split(sep).join('/')
    return [pattern, `${pattern}/**`].flatMap((each) => parseGlob(each, 'patternmatcher') ?? [])
  })
  return (path) => globs.some((glob) => matchGlob(glob, path).matches)
}

/** Digests of the sources of local processes, for `Facts.sources`. */
export async function digestSources(
  sources: ReadonlyMap<string, ProcessSource>,
  identities: ReadonlyMap<string, ImageIdentity>,
  files: FileAccess,
  cache: StatCache,
): Promise<ReadonlyMap<string, string>> {
  const digests = await Promise.all(
    [...sources].map(
      async ([id, source]) =>
        [
          id,
          source.kind === 'image'
            ? (identities.get(source.image)?.hash ?? '')
            : await digestTree(source.tree, files, cache),
        ] as const,
    ),
  )
  return new Map(digests)
}
