import { errorAt, type Diagnostic } from './diagnostics.ts'
import type { Findings } from './schema/findings.ts'
import { entryOf, type MapEntry, type MapNode } from './node.ts'

/** Keys that every file has for itself. */
const ownKeys = new Set(['$schema', 'version', 'name', 'include', 'roots'])

/**
 * One map out of a stack file and those it includes: maps are joined by name, lists put together. Nothing overrides anything:
 * a name that two files declare is an error with both places.
 */
export function joinFiles(files: readonly MapNode[], findings: Findings): MapNode {
  const [entry, ...included] = files
  const joined = new Map<string, MapEntry>(entry?.entries.map((each) => [each.key, each]))
  for (const file of included) {
    for (const addition of file.entries) {
      if (ownKeys.has(addition.key)) continue
      const present = joined.get(addition.key)
      joined.set(addition.key, present ? joinEntry(present, addition, findings) : addition)
    }
  }
  return {
    kind: 'map',
    entries: [...joined.values()],
    span: entry?.span ?? { file: '', line: 1, column: 1, length: 1 },
  }
}

function joinEntry(present: MapEntry, addition: MapEntry, findings: Findings): MapEntry {
  const { value } = present
  const more = addition.value
  if (isEmpty(more)) return present
  if (isEmpty(value)) return addition
  if (value.kind === 'list' && more.kind === 'list')
    return { ...present, value: { ...value, items: [...value.items, ...more.items] } }
  if (value.kind !== 'map' || more.kind !== 'map') {
    findings.add(twice(addition.key, present, addition))
    return present
  }
  const entries = [...value.entries]
  for (const each of more.entries) {
    const first = entryOf(value, each.key)
    if (first) findings.add(twice(`${addition.key}.${each.key}`, first, each))
    else entries.push(each)
  }
  return { ...present, value: { ...value, entries } }
}

function isEmpty(node: MapEntry['value']): boolean {
  return node.kind === 'scalar' && node.value === null
}

function twice(path: string, first: MapEntry, second: MapEntry): Diagnostic {
  return {
    ...errorAt(
      'load/duplicate-name',
      `${path} is declared in two files`,
      second.keySpan,
      'rename one, or let a profile override it',
    ),
    related: [{ span: first.keySpan, message: 'the first one' }],
  }
}
