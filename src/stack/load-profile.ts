import { dirname, join } from 'node:path'
import { errorAt, type Checked, type Diagnostic } from './diagnostics.ts'
import { profileSchema, targets } from './language/profile.ts'
import type { LoadedStack, ReadFile } from './load.ts'
import type { MapNode } from './node.ts'
import { checkPaths } from './paths.ts'
import { decode } from './schema/decode.ts'
import { expandShortForms } from './schema/expand.ts'
import { didYouMean, nearest } from './schema/suggest.ts'
import { parseSource } from './source.ts'

/** One file of a profile, short forms expanded: the shared one, or the personal one that is merged over it. */
export interface ProfileLayer {
  readonly name: string
  readonly file: string
  readonly isLocal: boolean
  readonly node: MapNode
}

export interface LoadedProfiles {
  /** In the order they are merged. A target without a file has no layer. */
  readonly layers: readonly ProfileLayer[]
  /** Files that were read. */
  readonly files: readonly string[]
  /** Files that would be read if they were there: what a watcher must look for. */
  readonly absent: readonly string[]
}

/**
 * Reads `profiles/<name>.yaml` and `profiles/<name>.local.yaml` beside the stack file for each name, left to right. A name that
 * is a target needs no file. Mistakes of all files are reported at once; `known` are the profiles that exist, for "did you mean".
 */
export async function loadProfiles(
  loaded: Pick<LoadedStack, 'entry' | 'roots'>,
  names: readonly string[],
  readFile: ReadFile,
  known: readonly string[] = [],
): Promise<Checked<LoadedProfiles>> {
  const layers: ProfileLayer[] = []
  const absent: string[] = []
  const found: Diagnostic[] = []
  for (const name of names) {
    const folder = join(dirname(loaded.entry), 'profiles')
    for (const isLocal of [false, true]) {
      const file = join(folder, isLocal ? `${name}.local.yaml` : `${name}.yaml`)
      const bytes = await readFile(file)
      if (bytes === undefined) absent.push(file)
      else await readLayer({ name, file, isLocal }, bytes, [...loaded.roots, folder], layers, found)
    }
    const isTarget = targets.some((target) => target === name)
    if (isTarget || !absent.includes(join(folder, `${name}.yaml`))) continue
    const near = nearest(name, [...known, ...targets])
    found.push(
      errorAt(
        'load/no-profile',
        `there is no profile ${name}`,
        undefined,
        near === undefined ? `write ${join(folder, `${name}.yaml`)}` : didYouMean(near),
      ),
    )
  }
  const errors = found.filter((each) => each.severity === 'error')
  const warnings = found.filter((each) => each.severity !== 'error')
  if (errors.length > 0) return { ok: false, errors, warnings }
  return { ok: true, value: { layers, files: layers.map((layer) => layer.file), absent }, warnings }
}

async function readLayer(
  layer: Omit<ProfileLayer, 'node'>,
  bytes: Uint8Array,
  roots: readonly string[],
  layers: ProfileLayer[],
  found: Diagnostic[],
): Promise<void> {
  const parsed = await parseSource(layer.file, bytes)
  found.push(...(parsed.ok ? parsed.warnings : [...parsed.errors, ...parsed.warnings]))
  if (!parsed.ok) return
  const node = expandShortForms(profileSchema, parsed.value)
  const decoded = decode(profileSchema, node, { mode: 'source', isOverlay: true })
  found.push(
    ...(decoded.ok ? decoded.warnings : [...decoded.errors, ...decoded.warnings]),
    ...checkPaths(profileSchema, node, roots),
  )
  // A profile of comments only is a profile that refines nothing.
  layers.push({ ...layer, node: node.kind === 'map' ? node : { kind: 'map', entries: [], span: node.span } })
}
