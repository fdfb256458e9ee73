import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { findStackFile } from '../session/find-stack.ts'
import { parseSource } from '../stack/source.ts'
import { valueOf, type SourceNode } from '../stack/node.ts'
import { targets } from '../stack/language/profile.ts'

/** Where completion looks for a stack: the file that was named, else the nearest one. */
export interface StackPlace {
  readonly cwd: string
  readonly file: string | undefined
}

/** Names of one section of a stack file and what it includes, for completion: what can be read of them, however broken they are. */
export async function namesIn(section: string, place: StackPlace): Promise<string[]> {
  const file = stackFileAt(place)
  if (file === undefined) return []
  const entry = await nodeOf(file)
  const included = await Promise.all(includesOf(entry).map((path) => nodeOf(resolve(dirname(file), path))))
  return [...new Set([entry, ...included].flatMap((node) => keysOf(node && valueOf(node, section))))]
}

/** Profiles beside a stack file, and the targets that work without one. */
export async function profilesIn(place: StackPlace): Promise<string[]> {
  const file = stackFileAt(place)
  const written = file === undefined ? [] : await yamlNames(join(dirname(file), 'profiles'))
  const withoutFile = targets.filter((target) => target === 'process' || target === 'compose')
  return [...new Set([...written, ...withoutFile])]
}

async function nodeOf(file: string): Promise<SourceNode | undefined> {
  const parsed = await parseSource(file, await readFile(file))
  return parsed.ok ? parsed.value : undefined
}

function includesOf(node: SourceNode | undefined): string[] {
  const include = node && valueOf(node, 'include')
  if (include?.kind === 'scalar') return [include.text]
  return include?.kind === 'list'
    ? include.items.flatMap((item) => (item.kind === 'scalar' ? item.text : []))
    : []
}

function keysOf(node: SourceNode | undefined): string[] {
  return node?.kind === 'map' ? node.entries.map(({ key }) => key) : []
}

async function yamlNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).flatMap((name) => /^([\w-]+)\.ya?ml$/.exec(name)?.[1] ?? [])
  } catch {
    // No folder of profiles: the targets alone are offered.
    return []
  }
}

function stackFileAt({ cwd, file }: StackPlace): string | undefined {
  try {
    return findStackFile(file, cwd)
  } catch {
    // Outside a stack there is nothing to complete.
    return undefined
  }
}
