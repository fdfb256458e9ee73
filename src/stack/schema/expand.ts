import type { ListNode, MapNode, ScalarNode, SourceNode } from '../node.ts'
import type { ListSchema, MapSchema, ObjectSchema, Schema } from './types.ts'

/**
 * Turns short forms into long ones, so that two files that say the same in different ways merge: `ports: { http: 8000 }` becomes
 * `{ http: { port: 8000 } }`. Every part keeps the place where it was written. What does not fit the schema is left as it is
 * for `decode` to report. Returns the same node where nothing changed.
 */
export function expandShortForms(schema: Schema, node: SourceNode): SourceNode {
  switch (schema.kind) {
    case 'object':
      return expandObject(schema, node)
    case 'map':
      return expandMap(schema, node)
    case 'list':
      return expandList(schema, node)
    case 'forms': {
      const alternative = schema[node.kind]
      return alternative ? expandShortForms(alternative, node) : node
    }
    case 'scalar':
    case 'anything':
      return node
    default:
      return schema satisfies never
  }
}

function expandObject(schema: ObjectSchema, node: SourceNode): SourceNode {
  if (node.kind === 'map') return mapEntries(node, (key) => schema.properties.get(key)?.schema)
  const key = node.kind === 'list' ? schema.short?.list : scalarKey(schema, node)
  return key === undefined ? node : expandObject(schema, underKey(key, node))
}

function scalarKey(schema: ObjectSchema, node: ScalarNode): string | undefined {
  if (node.value === null) return undefined
  const short = schema.short?.scalar
  return typeof short === 'function' ? short(node) : short
}

function underKey(key: string, node: ScalarNode | ListNode): MapNode {
  return { kind: 'map', entries: [{ key, keySpan: node.span, value: node }], span: node.span }
}

function expandMap(schema: MapSchema, node: SourceNode): SourceNode {
  if (node.kind === 'map') return mapEntries(node, () => schema.value)
  if (node.kind !== 'list' || schema.listIsKeys !== true) return node
  const keys = node.items.filter((item) => item.kind === 'scalar')
  const isClear =
    keys.length === node.items.length && new Set(keys.map((key) => key.text)).size === keys.length
  if (!isClear) return node
  const entries = keys.map((item) => ({
    key: item.text,
    keySpan: item.span,
    value: { kind: 'map', entries: [], span: item.span } satisfies MapNode,
  }))
  return { kind: 'map', entries, span: node.span }
}

function expandList(schema: ListSchema, node: SourceNode): SourceNode {
  if (node.kind === 'list') {
    const items = node.items.map((item) => expandShortForms(schema.item, item))
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
  }
  const isNull = node.kind === 'scalar' && node.value === null
  if (schema.mayBeSingle !== true || isNull) return node
  return { kind: 'list', items: [expandShortForms(schema.item, node)], span: node.span }
}

function mapEntries(node: MapNode, schemaOf: (key: string) => Schema | undefined): MapNode {
  const entries = node.entries.map((entry) => {
    const schema = schemaOf(entry.key)
    const value = schema ? expandShortForms(schema, entry.value) : entry.value
    if (value === entry.value) return entry
    return { ...entry, value }
  })
  return entries.every((entry, index) => entry === node.entries[index]) ? node : { ...node, entries }
}
