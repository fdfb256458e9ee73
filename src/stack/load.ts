import { dirname } from 'node:path'
import { checkStack } from './check.ts'
import { errorAt, locationOf, type Checked, type Diagnostic, type Span } from './diagnostics.ts'
import { joinFiles } from './join.ts'
import { stackSchema, type StackFile } from './language/stack.ts'
import { valueOf, type MapNode } from './node.ts'
import { checkPaths, pathFrom } from './paths.ts'
import { decodeLoosely, type Decoded } from './schema/decode.ts'
import { findings } from './schema/findings.ts'
import { expandShortForms } from './schema/expand.ts'
import type { Written } from './schema/types.ts'
import { parseSource } from './source.ts'

/** The bytes of a file, or undefined where there is no file of that name. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>

export interface LoadedStack {
  /** The stack file that was asked for; its folder is the first of the roots. */
  readonly entry: string
  /** The stack file with all that it includes; short forms are expanded, variables not yet substituted. */
  readonly node: MapNode
  readonly stack: Decoded<Written<StackFile>>
  /** Folders that relative paths must stay in, absolute. */
  readonly roots: readonly string[]
  /** Every file that was read, absolute, the entry first. */
  readonly files: readonly string[]
}

/** With `partly` where there are mistakes: what could be read, so that the mistakes of later checks can be told in the same run. */
export type Loading = Checked<LoadedStack> & { readonly partly?: LoadedStack }

/**
 * Reads a stack file and what it includes, and checks all that can be checked without a profile. `entry` must be absolute; it is
 * also what spans name. All mistakes of all files are reported at once.
 */
export async function loadStack(entry: string, readFile: ReadFile): Promise<Loading> {
  const found: Diagnostic[] = []
  const loaded = await readFiles(entry, readFile, found)
  if (loaded.length === 0) return outcome(found, undefined)
  const roots = [...new Set(loaded.flatMap((file) => rootsOf(file)))]
  const isWhole = found.length === 0
  const nodes = loaded.map((file) => expandShortForms(stackSchema, file.node))
  for (const node of nodes) found.push(...checkPaths(stackSchema, node, roots))
  const conflicts = findings()
  const node = joinFiles(
    nodes.filter((each) => each.kind === 'map'),
    conflicts,
  )
  const { decoded, findings: mistakes } = decodeLoosely(stackSchema, node)
  found.push(...conflicts.all(), ...mistakes)
  // A file that could not be read would make every name that it declares unknown.
  if (isWhole) found.push(...checkStack(decoded))
  // Complete where it is handed out: whatever is missing was an error.
  const stack = decoded as Decoded<Written<StackFile>>
  const value = { entry, node, stack, roots, files: loaded.map((file) => file.path) }
  const loading = outcome(found, value)
  return loading.ok || !isWhole ? loading : { ...loading, partly: value }
}

interface LoadedFile {
  readonly path: string
  readonly node: MapNode
}

/** Breadth does not matter: the entry, then each included file once, in the order they are named. */
async function readFiles(entry: string, readFile: ReadFile, found: Diagnostic[]): Promise<LoadedFile[]> {
  const loaded = new Map<string, LoadedFile>()

  async function read(path: string, from: Span | undefined, chain: readonly string[]): Promise<void> {
    if (chain.includes(path)) {
      const circle = [...chain.slice(chain.indexOf(path)), path].join(' → ')
      found.push(
        errorAt(
          'load/include-cycle',
          `files include each other: ${circle}`,
          from,
          'move what both need to a third file',
        ),
      )
      return
    }
    if (loaded.has(path)) return
    const bytes = await readFile(path)
    if (bytes === undefined) {
      const hint = from ? 'paths start at the file that states them' : '`iamstack init` writes one'
      found.push(errorAt('load/no-file', `there is no file ${path}`, from, hint))
      return
    }
    const parsed = await parseSource(path, bytes)
    found.push(...problemsOf(parsed))
    if (!parsed.ok) return
    const node = parsed.value
    if (node.kind !== 'map') {
      const isEmpty = node.kind === 'scalar' && node.value === null
      const message = isEmpty
        ? 'the file is empty'
        : `a stack file is a map, not a ${node.kind === 'list' ? 'list' : 'text'}`
      found.push(
        errorAt(
          isEmpty ? 'source/empty' : 'schema/wrong-type',
          message,
          node.span,
          'it begins with `name: …` and `services:`',
        ),
      )
      return
    }
    loaded.set(path, { path, node })
    for (const { written, span } of textsUnder(node, 'include'))
      await read(pathFrom(span, written), span, [...chain, path])
  }

  await read(entry, undefined, [])
  return [...loaded.values()]
}

function rootsOf(file: LoadedFile): string[] {
  return [
    dirname(file.path),
    ...textsUnder(file.node, 'roots').map(({ written, span }) => pathFrom(span, written)),
  ]
}

/** The texts under a key that may be a list or a single one; what is neither is reported by `decode`. */
function textsUnder(node: MapNode, key: string): { written: string; span: Span }[] {
  const value = valueOf(node, key)
  const items = value?.kind === 'list' ? value.items : value ? [value] : []
  return items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string'
      ? [{ written: item.value, span: item.span }]
      : [],
  )
}

function problemsOf(result: Checked<unknown>): Diagnostic[] {
  return result.ok ? [...result.warnings] : [...result.errors, ...result.warnings]
}

function outcome(found: readonly Diagnostic[], value: LoadedStack | undefined): Checked<LoadedStack> {
  const unique = [
    ...new Map(
      found.map((each) => [`${each.span ? locationOf(each.span) : ''} ${each.message}`, each]),
    ).values(),
  ]
  const errors = unique.filter((each) => each.severity === 'error')
  const warnings = unique.filter((each) => each.severity !== 'error')
  return value && errors.length === 0 ? { ok: true, value, warnings } : { ok: false, errors, warnings }
}
