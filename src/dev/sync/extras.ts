import { join } from 'node:path'
import type { ContextFile } from '../../images/context/content.ts'
import type { FileAccess } from '../../images/context/file-access.ts'
import type { StatCache } from '../../images/context/stat-cache.ts'
import { ignoreOfSources, listTree } from '../../images/context/tree.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'

/** What `dev.sync` names, by service: files of this machine with their absolute paths, whether a build would see them or not. */
export type NamedFiles = ReadonlyMap<string, readonly ContextFile[]>

/** Reads what `dev.sync` names. What is not there yet has no files; one that vanishes meanwhile is left to the next look. */
export async function namedFiles(
  { services }: ResolvedStack,
  files: FileAccess,
  cache: StatCache,
): Promise<NamedFiles> {
  const named = [...services.values()].flatMap(({ name, dev }) =>
    typeof dev.sync === 'string' ? [] : [{ name, roots: dev.sync.map(({ from }) => from) }],
  )
  const read = named.map(async ({ name, roots }) => {
    const found = await Promise.all(roots.map((root) => filesBelow(root, files, cache)))
    return [name, found.flat()] as const
  })
  return new Map(await Promise.all(read))
}

async function filesBelow(root: string, files: FileAccess, cache: StatCache): Promise<ContextFile[]> {
  const [stat] = await files.stat([root])
  if (!stat) return []
  const paths =
    stat.kind === 'directory'
      ? (await listTree({ folder: root, ignore: ignoreOfSources('') }, files)).map((path) => join(root, path))
      : [root]
  const stats = await files.stat(paths)
  const found = await Promise.all(
    paths.map(async (path, index): Promise<ContextFile[]> => {
      const seen = stats[index]
      if (!seen || (seen.kind !== 'file' && seen.kind !== 'link')) return []
      const isFile = seen.kind === 'file'
      return [
        {
          path,
          kind: seen.kind,
          isExecutable: isFile && (seen.mode & 0o111) !== 0,
          mode: seen.mode,
          size: isFile ? seen.size : 0,
          modified: seen.modified,
          content: isFile ? await contentOf(path, seen, files, cache) : await files.readLink(path),
        },
      ]
    }),
  )
  return found.flat()
}

async function contentOf(
  path: string,
  stat: Parameters<StatCache['find']>[1],
  files: FileAccess,
  cache: StatCache,
): Promise<string> {
  const known = cache.find(path, stat)
  if (known !== undefined) return known
  const readAt = Date.now()
  const sha256 = await files.sha256(path)
  cache.store(path, stat, sha256, readAt)
  return sha256
}
