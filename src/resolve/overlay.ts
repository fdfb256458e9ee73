import { warningAt, type Diagnostic } from '../stack/diagnostics.ts'
import type { MapEntry, MapNode, SourceNode } from '../stack/node.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import type { Schema } from '../stack/schema/types.ts'
import { replacedKeys, schemaUnder } from '../stack/schema/walk.ts'

/**
 * Lays one tree over another: maps by key, lists and scalars replace, `null` removes. A member of an exclusive group (`http`,
 * `tcp`, `exec` …) puts the others out of force with what belongs to them. Short forms of both must be expanded. Every part keeps
 * the place where it was written. Removing what is not there is a warning, because it is a misspelt name more often than not.
 */
export function overlay(
  schema: Schema,
  base: SourceNode,
  over: SourceNode,
  findings: Diagnostic[],
): SourceNode {
  return merge(schema, base, over, { findings, path: [] })
}

interface Work {
  readonly findings: Diagnostic[]
  readonly path: string[]
}

function merge(
  schema: Schema | undefined,
  base: SourceNode | undefined,
  over: SourceNode,
  work: Work,
): SourceNode {
  if (over.kind !== 'map') return over
  const under = base?.kind === 'map' ? base : undefined
  const replaced = keysReplacedBy(schema, under, over)
  const entries = new Map<string, MapEntry>()
  for (const entry of under?.entries ?? []) {
    if (!replaced.has(entry.key)) entries.set(entry.key, entry)
  }
  for (const entry of over.entries) {
    const before = entries.get(entry.key)
    if (isNull(entry.value)) {
      if (!before && !replaced.has(entry.key))
        work.findings.push(nothingRemoved(entry, entries.keys(), work.path))
      entries.delete(entry.key)
      continue
    }
    work.path.push(entry.key)
    const value = merge(schemaUnder(schema, over, entry.key), before?.value, entry.value, work)
    work.path.pop()
    entries.set(entry.key, before ? { ...before, value } : { ...entry, value })
  }
  return { kind: 'map', entries: [...entries.values()], span: under?.span ?? over.span }
}

/** Keys of a map that an overlay puts out of force; a member that is only removed replaces nothing. */
export function keysReplacedBy(
  schema: Schema | undefined,
  base: MapNode | undefined,
  over: MapNode,
): Set<string> {
  const written = over.entries.filter((entry) => !isNull(entry.value))
  return replacedKeys(schema, keysOf(base?.entries ?? []), keysOf(written))
}

function keysOf(entries: readonly MapEntry[]): Set<string> {
  return new Set(entries.map((entry) => entry.key))
}

function nothingRemoved(entry: MapEntry, known: Iterable<string>, path: readonly string[]): Diagnostic {
  const near = nearest(entry.key, known)
  const where = path.length === 0 ? 'the stack' : path.join('.')
  const message = `null removes \`${entry.key}\`, and ${where} has none`
  return warningAt(
    'overlay/nothing-removed',
    message,
    entry.keySpan,
    near === undefined ? 'remove this line, or write {} to add an empty one' : didYouMean(near),
  )
}

function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === null
}
