import { readFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findStackFile } from '../session/find-stack.ts'
import { parseSource } from '../stack/source.ts'
import { valueOf } from '../stack/node.ts'
import type { Surroundings } from './command.ts'

/** Names of one section of the nearest stack file, for completion: what can be read of it, however broken it is. */
export async function namesIn(section: string, around: Surroundings): Promise<string[]> {
  const file = nearestStackFile(around)
  if (file === undefined) return []
  const parsed = await parseSource(file, await readFile(file))
  const node = parsed.ok ? valueOf(parsed.value, section) : undefined
  return node?.kind === 'map' ? node.entries.map(({ key }) => key) : []
}

/** Profiles beside the nearest stack file, and the targets, which work without one. */
export async function profilesIn(around: Surroundings): Promise<string[]> {
  const file = nearestStackFile(around)
  const written = file === undefined ? [] : await yamlNames(join(dirname(file), 'profiles'))
  return [...new Set([...written, 'process', 'compose'])]
}

async function yamlNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).flatMap((name) => /^([\w-]+)\.ya?ml$/.exec(name)?.[1] ?? [])
  } catch {
    // No folder of profiles: the targets alone are offered.
    return []
  }
}

function nearestStackFile(around: Surroundings): string | undefined {
  try {
    return findStackFile(undefined, around.cwd)
  } catch {
    // Outside a stack there is nothing to complete.
    return undefined
  }
}
