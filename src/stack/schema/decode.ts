import { checked, errorAt, type Checked, type Diagnostic, type Span } from '../diagnostics.ts'
import type { MapNode, ScalarNode, SourceNode } from '../node.ts'
import { describe, hasReference } from './describe.ts'
import { findings } from './findings.ts'
import { spansOf, type Spans } from './spans.ts'
import { checkExclusive, checkRequired } from './rules.ts'
import { cureFor } from './suggest.ts'
import { isNull, pathOf, wrongKind, type Work } from './work.ts'
import type {
  AnythingSchema,
  FormsSchema,
  Infer,
  ListSchema,
  MapSchema,
  ObjectSchema,
  ScalarSchema,
  Schema,
  Typed,
  Written,
} from './types.ts'

export interface DecodeOptions {
  /**
   * `source`: before interpolation, any scalar may hold `${…}` and then stays the text it is. `resolved`: every scalar has its
   * final type; only `text` scalars may still hold references.
   */
  readonly mode: 'source' | 'resolved'
  /** The node is a part that is merged over another: nothing is required, and `null` removes. */
  readonly isOverlay?: boolean
  /** Path of the node for messages; default: the root. */
  readonly path?: readonly string[]
}

export interface Decoded<T> extends Spans {
  readonly value: T
}

/**
 * Checks a node against a schema and returns its value, or all that is wrong with it. Short forms must have been expanded
 * (`expandShortForms`). Objects decode to plain objects with camel-case keys, maps to `Map` in the order of the file; defaults
 * are not filled in.
 */
export function decode<S extends Schema & Typed<unknown>>(
  schema: S,
  node: SourceNode,
  options: DecodeOptions & { readonly mode: 'source' },
): Checked<Decoded<Written<Infer<S>>>>
export function decode<S extends Schema & Typed<unknown>>(
  schema: S,
  node: SourceNode,
  options: DecodeOptions & { readonly mode: 'resolved' },
): Checked<Decoded<Infer<S>>>
export function decode(schema: Schema, node: SourceNode, options: DecodeOptions): Checked<Decoded<unknown>> {
  const { decoded, findings: found } = decodeParts(schema, node, options)
  return checked(decoded, found)
}

/**
 * Like `decode` before interpolation, but keeps what could be decoded of a node with mistakes, so that checks of the whole can go
 * on. What is there is sound: a map without a required key is left out.
 */
export function decodeLoosely<S extends Schema & Typed<unknown>>(
  schema: S,
  node: SourceNode,
): { readonly decoded: Decoded<Partial<Written<Infer<S>>>>; readonly findings: readonly Diagnostic[] } {
  const { decoded, findings: found } = decodeParts(schema, node, { mode: 'source' })
  return {
    decoded: { ...decoded, value: decoded.value ?? {} },
    findings: found,
  }
}

function decodeParts(
  schema: Schema,
  node: SourceNode,
  options: DecodeOptions,
): { decoded: Decoded<unknown>; findings: Diagnostic[] } {
  const nodes = new WeakMap<object, SourceNode>()
  const found = findings()
  const work: Work = {
    isSource: options.mode === 'source',
    isOverlay: options.isOverlay ?? false,
    found,
    nodes,
    path: [...(options.path ?? [])],
    root: node,
  }
  const value = decodeNode(schema, node, node.span, work)
  return { decoded: { value, ...spansOf(nodes) }, findings: found.all() }
}

/** `at` is where an error about the node as a whole points: the key that heads it. Undefined: the node is not of the schema. */
function decodeNode(schema: Schema, node: SourceNode, at: Span, work: Work): unknown {
  if (work.isOverlay && node.kind === 'scalar' && node.value === null) return null
  switch (schema.kind) {
    case 'scalar':
      return decodeScalar(schema, node, at, work)
    case 'object':
      return decodeObject(schema, node, at, work)
    case 'map':
      return decodeMap(schema, node, at, work)
    case 'list':
      return decodeList(schema, node, at, work)
    case 'forms':
      return decodeForms(schema, node, at, work)
    case 'anything':
      return decodeAnything(schema, node, at, work)
    default:
      return schema satisfies never
  }
}

function decodeScalar(schema: ScalarSchema, node: SourceNode, at: Span, work: Work): unknown {
  if (node.kind !== 'scalar') return wrongKind(schema, schema.type.expected, node, at, work)
  if (work.isSource && typeof node.value === 'string' && hasReference(node.value)) return node.value
  const value = schema.type.read(node)
  if (typeof value !== 'object') return value
  const hint = value.why ?? schema.cure?.(node) ?? unresolved(node)
  work.found.add(
    node.value === null
      ? errorAt(
          'schema/empty',
          `${pathOf(work)} has no value; it must be ${schema.type.expected}`,
          node.span,
          hint,
        )
      : errorAt(
          'schema/bad-value',
          `${pathOf(work)} must be ${schema.type.expected}, not ${describe(node)}`,
          node.span,
          hint,
        ),
  )
  return undefined
}

function unresolved(node: ScalarNode): string | undefined {
  return hasReference(node.text)
    ? 'this reference is known only when things run, and is needed before'
    : undefined
}

function decodeObject(schema: ObjectSchema, node: SourceNode, at: Span, work: Work): unknown {
  const map = mapOf(schema, 'a map', node, at, work)
  if (!map) return undefined
  const value: Record<string, unknown> = {}
  const misspelled = new Set<string>()
  work.nodes.set(value, map)
  for (const entry of map.entries) {
    const property = schema.properties.get(entry.key)
    work.path.push(entry.key)
    if (property) {
      const decoded = decodeNode(property.schema, entry.value, entry.keySpan, work)
      if (decoded !== undefined) value[property.name] = decoded
    } else {
      const hint = work.found.isFull()
        ? undefined
        : cureFor(entry.key, schema.properties.keys(), schema.words)
      misspelled.add(hint ?? '')
      work.found.add(
        errorAt('schema/unknown-key', `${pathOf(work)} is not a key that exists here`, entry.keySpan, hint),
      )
    }
    work.path.pop()
  }
  for (const group of schema.exclusive) checkExclusive(schema, group, map, at, work)
  return checkRequired(schema, map, value, misspelled, at, work) || map === work.root ? value : undefined
}

function decodeMap(schema: MapSchema, node: SourceNode, at: Span, work: Work): unknown {
  const map = mapOf(schema, 'a map', node, at, work)
  if (!map) return undefined
  const value = new Map<string, unknown>()
  work.nodes.set(value, map)
  for (const entry of map.entries) {
    work.path.push(entry.key)
    if (schema.keys.pattern && !schema.keys.pattern.test(entry.key)) {
      const message = `${pathOf(work)}: the key must be ${schema.keys.expected}`
      work.found.add(errorAt('schema/bad-name', message, entry.keySpan))
    }
    const decoded = decodeNode(schema.value, entry.value, entry.keySpan, work)
    if (decoded !== undefined) value.set(entry.key, decoded)
    work.path.pop()
  }
  return value
}

function decodeList(schema: ListSchema, node: SourceNode, at: Span, work: Work): unknown {
  if (node.kind !== 'list') return wrongKind(schema, 'a list', node, at, work)
  const value: unknown[] = []
  work.nodes.set(value, node)
  node.items.forEach((item, index) => {
    work.path.push(String(index))
    const decoded = decodeNode(schema.item, item, item.span, work)
    if (decoded !== undefined) value.push(decoded)
    work.path.pop()
  })
  if (node.items.length < (schema.least ?? 0)) {
    work.found.add(
      errorAt('schema/bad-value', `${pathOf(work)} needs at least ${String(schema.least)} item`, at),
    )
  }
  return value
}

function decodeForms(schema: FormsSchema, node: SourceNode, at: Span, work: Work): unknown {
  const alternative = schema[node.kind]
  if (alternative) return decodeNode(alternative, node, at, work)
  const expected = [
    schema.scalar && scalarWords(schema.scalar),
    schema.list && 'a list',
    schema.map && 'a map',
  ]
  return wrongKind(schema, expected.filter((each) => each !== undefined).join(' or '), node, at, work)
}

function scalarWords(schema: Schema): string {
  return schema.kind === 'scalar' ? schema.type.expected : 'a text'
}

function decodeAnything(schema: AnythingSchema, node: SourceNode, at: Span, work: Work): unknown {
  if (schema.isMap === true && node.kind !== 'map') return wrongKind(schema, 'a map', node, at, work)
  return plainValue(node, work.nodes)
}

/** The node as JSON would have it. Only keys of its own: a key `__proto__` is data like any other. */
function plainValue(node: SourceNode, nodes: WeakMap<object, SourceNode>): unknown {
  if (node.kind === 'scalar') return node.value
  const value =
    node.kind === 'list'
      ? node.items.map((item) => plainValue(item, nodes))
      : Object.fromEntries(node.entries.map((entry) => [entry.key, plainValue(entry.value, nodes)]))
  nodes.set(value, node)
  return value
}

/** A map, or the empty one for `volumes: { data: }`: a key without a value is what it says where nothing is required. */
function mapOf(
  schema: ObjectSchema | MapSchema,
  expected: string,
  node: SourceNode,
  at: Span,
  work: Work,
): MapNode | undefined {
  if (node.kind === 'map') return node
  if (isNull(node)) return { kind: 'map', entries: [], span: at }
  wrongKind(schema, expected, node, at, work)
  return undefined
}
