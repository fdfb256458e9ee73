import { basename, posix } from 'node:path'
import { matchGlob, parseGlob } from '../../images/context/glob.ts'
import type { Service } from '../../resolve/resolved.ts'
import { inside, looksLikeFile } from './paths.ts'

/** Folders and files that have to be watched for `dev.sync`, absolute: they may lie outside of any build's context. */
export function rootsOfSync({ dev }: Service): readonly string[] {
  return typeof dev.sync === 'string' ? [] : dev.sync.map(({ from }) => from)
}

/**
 * Where the pairs of `dev.sync` put a path, absolute inside; empty where none names it, undefined where a relative `to` meets
 * a working directory that is not known. `a/b` to `/c/` is `/c/b`; what lies below a folder keeps its way from there.
 */
export function statedDestinations(
  { dev, workingDir }: Service,
  imageWorkingDir: string | undefined,
  path: string,
): readonly string[] | undefined {
  if (typeof dev.sync === 'string') return []
  const found: string[] = []
  for (const { from, to } of dev.sync) {
    const below = inside(path, from)
    if (below === undefined) continue
    const folder = to.startsWith('/') ? '/' : (workingDir ?? imageWorkingDir)
    if (folder === undefined) return undefined
    const name = below === '' && to.endsWith('/') ? basename(path) : below
    found.push(posix.join('/', folder, to, name).replace(/(?<=.)\/$/, ''))
  }
  return [...new Set(found)]
}

/** Whether a pair of `dev.sync` names the path itself, and it may be a folder: it has no extension. */
export function isRootOfSync(service: Service, path: string): boolean {
  return !looksLikeFile(path) && rootsOfSync(service).some((from) => inside(path, from) === '')
}

/** The commands of `dev.exec` that an edit of the path asks for, in the order of the file. */
export function commandsFor({ dev }: Service, path: string): readonly { readonly command: string }[] {
  return dev.exec.flatMap(({ on, run }) => (isNamedBy(on, path) ? [{ command: run }] : []))
}

/** A pattern names a file, a folder with all that is in it, or a glob. Both absolute. */
export function isNamedBy(pattern: string, path: string): boolean {
  if (inside(path, pattern) !== undefined) return true
  const [one, other] = [pattern, path].map((each) => each.replaceAll('\\', '/').replace(/^\//, ''))
  return [one, `${one ?? ''}/**`].some((each) => {
    const glob = parseGlob(each ?? '', 'patternmatcher')
    return glob !== undefined && matchGlob(glob, other ?? '').matches
  })
}
