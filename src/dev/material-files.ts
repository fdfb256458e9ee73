import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { kustomizationIn } from '../content/kustomize.ts'
import { manifestValue } from '../content/manifest-values.ts'
import { statedPath } from '../content/stated-path.ts'
import { isWithin } from '../platform/watch.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { parseSource } from '../stack/source.ts'
import { folderOfPattern } from './patterns.ts'

/** A file or a folder beside the images whose edit makes another stack. */
export interface MaterialFile {
  /** In words, for `edit.classified`. */
  readonly rule: string
  /** Absolute: what has to be watched. */
  readonly root: string
  /** Whether an edit of this absolute path matters. */
  readonly reads: (path: string) => boolean
}

/** The files of secrets, and on a cluster those of raw objects and of charts. */
export async function materialFiles(stack: ResolvedStack): Promise<readonly MaterialFile[]> {
  const { target } = stack.profile
  const isOnCluster = target !== 'process' && target !== 'compose'
  return [
    ...secretFiles(stack),
    ...(isOnCluster ? [...(await manifestFiles(stack)), ...chartFiles(stack)] : []),
  ]
}

function secretFiles({ secrets }: ResolvedStack): MaterialFile[] {
  return [...secrets.values()].flatMap(({ name, keys }) =>
    [...keys].flatMap(([key, { source }]) =>
      source.kind === 'file' ? [everythingIn(source.path, `secret ${name}.${key} is read from it`)] : [],
    ),
  )
}

async function manifestFiles({ settings }: ResolvedStack): Promise<MaterialFile[]> {
  const setting = settings.get('manifests')
  if (!setting) return []
  const files = listOf(setting.value).map(async (written): Promise<MaterialFile[]> => {
    const path = statedPath(setting.from, written)
    const rule = 'manifests name it'
    if (kustomizationIn(path) !== undefined)
      return [...(await kustomizePaths(path))].map((each) =>
        everythingIn(each, `${rule}: kustomize reads it`),
      )
    const root = folderOfPattern(path)
    const isFolder = root !== path || ((await stat(path).catch(() => undefined))?.isDirectory() ?? false)
    if (!isFolder) return [everythingIn(path, rule)]
    return [{ rule, root, reads: (edited) => isWithin(edited, root) && /\.(ya?ml|json)$/.test(edited) }]
  })
  return (await Promise.all(files)).flat()
}

function chartFiles({ settings }: ResolvedStack): MaterialFile[] {
  const setting = settings.get('charts')
  if (!(setting?.value instanceof Map)) return []
  return [...(setting.value as ReadonlyMap<string, { path?: string; values?: unknown }>)].flatMap(
    ([name, { path, values }]) =>
      [...(path === undefined ? [] : [path]), ...listOf(values)].map((written) =>
        everythingIn(statedPath(setting.from, written), `chart ${name} is made from it`),
      ),
  )
}

function everythingIn(root: string, rule: string): MaterialFile {
  return { rule, root, reads: (path) => isWithin(path, root) }
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string')
}

/** A kustomize folder and what it names beside it: bases, components, patches, files of generators. */
async function kustomizePaths(folder: string, found = new Set<string>()): Promise<ReadonlySet<string>> {
  if (found.has(folder)) return found
  found.add(folder)
  const recipe = kustomizationIn(folder)
  if (recipe === undefined) return found
  for (const written of stringsIn(await recipeIn(recipe))) {
    // `key=path` is how a generator gives a file another name.
    const path = resolve(dirname(recipe), written.slice(written.indexOf('=') + 1))
    const kind = await stat(path).catch(() => undefined)
    if (kind?.isDirectory()) await kustomizePaths(path, found)
    else if (kind?.isFile() && !isWithin(path, folder)) found.add(path)
  }
  return found
}

/** What cannot be read is told by whoever builds it. */
async function recipeIn(file: string): Promise<unknown> {
  const content = await readFile(file).catch(() => undefined)
  const read = content && (await parseSource(file, content))
  return read?.ok && read.value.kind === 'map' ? manifestValue(read.value) : undefined
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes('\n') || value.includes('://') ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}
