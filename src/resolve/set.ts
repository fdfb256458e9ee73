import { errorAt, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import type { ListNode, MapEntry, MapNode, ScalarNode, SourceNode } from '../stack/node.ts'
import type { Schema } from '../stack/schema/types.ts'
import { schemaUnder } from '../stack/schema/walk.ts'
import { keysReplacedBy } from './overlay.ts'
import { parseSet, type Assignment, type PathPart } from './set-grammar.ts'

/** Flags that set parts of the stack, in the order of the command line. */
export interface SetFlag {
  /** `--set-string` takes every value as text: `--set-string image.tag=1.10`. */
  readonly flag: '--set' | '--set-string'
  readonly argument: string
}

export interface TypedAssignment {
  readonly path: readonly PathPart[]
  readonly value: ScalarNode | ListNode
}

/** Reads all flags; errors are located as `--set:<ordinal>:<column>`, and what is right is returned beside them. */
export function readSetFlags(flags: readonly SetFlag[], findings: Diagnostic[]): TypedAssignment[] {
  const ordinals = { '--set': 0, '--set-string': 0 }
  return flags.flatMap(({ flag, argument }) => {
    const { assignments, errors } = parseSet(argument, flag, ++ordinals[flag])
    findings.push(...errors)
    return assignments.map((each) => typed(each, flag === '--set-string'))
  })
}

/** Puts a value at its path. Missing maps and lists come to exist; `null` removes a key; lists fill up with empty values. */
export function assign(
  schema: Schema,
  root: SourceNode,
  assignment: TypedAssignment,
  findings: Diagnostic[],
): SourceNode {
  return assignUnder({ assignment, findings }, schema, root, 0)
}

interface Work {
  readonly assignment: TypedAssignment
  readonly findings: Diagnostic[]
}

function assignUnder(
  work: Work,
  schema: Schema | undefined,
  node: SourceNode | undefined,
  depth: number,
): SourceNode {
  const part = work.assignment.path[depth]
  if (!part) return work.assignment.value
  const base = node && isNull(node) ? undefined : node
  if (typeof part.key === 'number') return assignItem(work, schema, base, part.key, depth)
  return assignEntry(work, schema, base, { key: part.key, keySpan: part.span }, depth)
}

function assignItem(
  work: Work,
  schema: Schema | undefined,
  base: SourceNode | undefined,
  index: number,
  depth: number,
): SourceNode {
  const span = spanOfPart(work, depth)
  if (base && base.kind !== 'list') return refuse(work, base, depth, `is a ${base.kind}, and takes no index`)
  const list: ListNode = base ?? { kind: 'list', items: [], span }
  const items = [...list.items]
  while (items.length < index) items.push(scalarNode(null, 'null', span))
  items[index] = assignUnder(work, schemaUnder(schema, list, index), items[index], depth + 1)
  return { ...list, items }
}

function assignEntry(
  work: Work,
  schema: Schema | undefined,
  base: SourceNode | undefined,
  at: Omit<MapEntry, 'value'>,
  depth: number,
): SourceNode {
  if (base?.kind === 'list') return refuse(work, base, depth, 'is a list, and takes an index: [0]')
  // A scalar gives way to the map, as it does in Helm and in an overlay.
  const map: MapNode = base?.kind === 'map' ? base : { kind: 'map', entries: [], span: at.keySpan }
  const before = map.entries.find((entry) => entry.key === at.key)
  const value = assignUnder(work, schemaUnder(schema, map, at.key), before?.value, depth + 1)
  if (isNull(value) && depth === work.assignment.path.length - 1) {
    return { ...map, entries: map.entries.filter((entry) => entry !== before) }
  }
  const replaced = keysReplacedBy(schema, map, { ...map, entries: [{ ...at, value }] })
  const entries = map.entries.filter((entry) => entry === before || !replaced.has(entry.key))
  return {
    ...map,
    entries: before
      ? entries.map((entry) => (entry === before ? { ...entry, value } : entry))
      : [...entries, { ...at, value }],
  }
}

function refuse(work: Work, base: SourceNode, depth: number, why: string): SourceNode {
  const path = pathText(work.assignment.path.slice(0, depth))
  const finding = errorAt('set/path', `${path === '' ? 'the stack' : path} ${why}`, spanOfPart(work, depth))
  work.findings.push({ ...finding, related: [{ span: base.span, message: 'written here' }] })
  return base
}

function spanOfPart(work: Work, depth: number): Span {
  return work.assignment.path[depth]?.span ?? work.assignment.value.span
}

function pathText(path: readonly PathPart[]): string {
  return path.reduce(
    (text, { key }) =>
      typeof key === 'number' ? `${text}[${String(key)}]` : text === '' ? key : `${text}.${key}`,
    '',
  )
}

function typed({ path, value }: Assignment, isString: boolean): TypedAssignment {
  const scalar = (text: string, span: Span) =>
    isString ? scalarNode(text, text, span, true) : plainScalar(text, span)
  if (value.kind === 'scalar') return { path, value: scalar(value.text, value.span) }
  return {
    path,
    value: { kind: 'list', items: value.items.map((item) => scalar(item.text, item.span)), span: value.span },
  }
}

/** As YAML would read it, except that nothing is a date and a leading zero makes a text, as in Helm. */
function plainScalar(text: string, span: Span): ScalarNode {
  if (text === 'null') return scalarNode(null, text, span)
  if (text === 'true' || text === 'false') return scalarNode(text === 'true', text, span)
  const isNumber =
    /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER
  return isNumber ? scalarNode(Number(text), text, span) : scalarNode(text, text, span)
}

function scalarNode(value: ScalarNode['value'], text: string, span: Span, isQuoted = false): ScalarNode {
  return { kind: 'scalar', value, text, isQuoted, span }
}

function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === null
}
