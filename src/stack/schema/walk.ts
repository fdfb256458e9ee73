import type { ScalarNode, SourceNode } from '../node.ts'
import type { ExclusiveGroup, ScalarSchema, Schema } from './types.ts'

/** The schema of the value under a key (or at an index) of a node of this schema; undefined where nothing is known of it. */
export function schemaUnder(
  schema: Schema | undefined,
  node: SourceNode,
  key: string | number,
): Schema | undefined {
  switch (schema?.kind) {
    case 'object':
      return schema.properties.get(String(key))?.schema
    case 'map':
      return schema.value
    case 'list':
      return schema.item
    case 'forms':
      return schemaUnder(schema[node.kind], node, key)
    case 'scalar':
    case 'anything':
    case undefined:
      return undefined
    default:
      return schema satisfies never
  }
}

/** The groups whose members replace each other when maps of this schema are merged. */
function exclusiveGroups(schema: Schema | undefined): readonly ExclusiveGroup[] {
  if (schema?.kind === 'object') return schema.exclusive
  return schema?.kind === 'forms' ? exclusiveGroups(schema.map) : []
}

/**
 * Keys of a base map that an overlay map puts out of force: members of an exclusive group other than the one the overlay
 * chooses, with their companions.
 */
export function replacedKeys(
  schema: Schema | undefined,
  baseKeys: ReadonlySet<string>,
  overlayKeys: ReadonlySet<string>,
): Set<string> {
  const replaced = new Set<string>()
  for (const { members } of exclusiveGroups(schema)) {
    const chosen = Object.keys(members).find((member) => overlayKeys.has(member))
    if (chosen === undefined) continue
    for (const [member, companions] of Object.entries(members)) {
      if (member === chosen || !baseKeys.has(member)) continue
      for (const key of [member, ...companions]) replaced.add(key)
    }
  }
  return replaced
}

/** Rewrites every scalar of a node, telling its schema where there is one (`anything` has none). Keeps what did not change. */
export function mapScalars(
  schema: Schema | undefined,
  node: SourceNode,
  rewrite: (scalar: ScalarNode, schema: ScalarSchema | undefined) => ScalarNode,
): SourceNode {
  if (node.kind === 'scalar')
    return rewrite(node, schema?.kind === 'forms' ? scalarOf(schema.scalar) : scalarOf(schema))
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => mapScalars(schemaUnder(schema, node, index), item, rewrite))
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
  }
  const entries = node.entries.map((entry) => {
    const value = mapScalars(schemaUnder(schema, node, entry.key), entry.value, rewrite)
    if (value === entry.value) return entry
    return { ...entry, value }
  })
  return entries.every((entry, index) => entry === node.entries[index]) ? node : { ...node, entries }
}

function scalarOf(schema: Schema | undefined): ScalarSchema | undefined {
  return schema?.kind === 'scalar' ? schema : undefined
}
