import type { Span } from './diagnostics.ts'
import type { ListNode, MapEntry, MapNode, ScalarNode, SourceNode } from './node.ts'
import type { Positions } from './positions.ts'
import { linesOf } from './simple-lines.ts'
import { endOfQuoted, plainScalar, quotedValue } from './simple-scalars.ts'

/**
 * Reads the YAML that nearly all stack files consist of: block maps and lists, flow collections, scalars of one line. Undefined
 * for anything else and for anything wrong: then the real parser reads the file and finds the words. It exists for speed alone (a
 * twentieth of the time), and a property test holds both to the same nodes and places.
 */
export function readSimpleYaml(text: string, positions: Positions): SourceNode | undefined {
  if (/[\t\r\u0085\u2028\u2029\ufeff]/.test(text)) return undefined
  try {
    return readDocument(text, positions)
  } catch (error) {
    if (error === notSimple) return undefined
    throw error
  }
}

/** Thrown where the real parser must decide; caught above. */
const notSimple = new Error('not simple')
const deepest = 50

const keyAt = /([A-Za-z0-9_./$][A-Za-z0-9_./$-]*):(?=[ \n]|$)/y
const flowKeyAt = /([A-Za-z0-9_./$][A-Za-z0-9_./$-]*):(?=[ \n,}\]]|$)/y
/** Characters that an unquoted scalar starts with only under conditions. */
const indicators = new Set(`-?:,[]{}#&*!|>'"%@\``)
const nullWords = new Set(['null', 'Null', 'NULL', '~'])

function readDocument(text: string, positions: Positions): SourceNode {
  const lines = linesOf(text)
  let line = 0
  /** A map that begins behind a dash is indented as far as its first key. */
  let compactStart = -1
  let compactIndent = -1

  const indentOf = (index: number): number => (index >= lines.count ? -1 : (lines.indent[index] ?? -1))
  const currentIndent = (): number => (compactStart === -1 ? indentOf(line) : compactIndent)
  const currentStart = (): number => (compactStart === -1 ? (lines.start[line] ?? 0) : compactStart)

  function fail(): never {
    throw notSimple
  }

  function isDash(at: number): boolean {
    return text[at] === '-' && (text[at + 1] === ' ' || text[at + 1] === '\n' || at + 1 === text.length)
  }

  function block(depth: number): SourceNode {
    if (depth > deepest) fail()
    const indent = currentIndent()
    return isDash(currentStart()) ? blockList(indent, depth) : blockMap(indent, depth)
  }

  function blockMap(indent: number, depth: number): MapNode {
    const span = positions.span(currentStart(), text.length)
    const entries: MapEntry[] = []
    const seen = new Set<string>()
    while (line < lines.count && currentIndent() === indent && !isDash(currentStart())) {
      const start = currentStart()
      compactStart = -1
      if (indent === 0 && (text.startsWith('---', start) || text.startsWith('...', start))) fail()
      keyAt.lastIndex = start
      const key = keyAt.exec(text)?.[1] ?? fail()
      if (seen.has(key) || nullWords.has(key)) fail()
      seen.add(key)
      const keySpan = positions.span(start, start + key.length)
      entries.push({ key, keySpan, value: blockValue(start + key.length + 1, indent, keySpan, depth, true) })
      if (indentOf(line) > indent) fail()
    }
    return { kind: 'map', entries, span }
  }

  function blockList(indent: number, depth: number): ListNode {
    const span = positions.span(currentStart(), text.length)
    const items: SourceNode[] = []
    while (line < lines.count && currentIndent() === indent && isDash(currentStart())) {
      const start = currentStart()
      compactStart = -1
      items.push(listItem(start + 1, indent, span, depth))
      if (indentOf(line) > indent) fail()
    }
    return { kind: 'list', items, span }
  }

  function listItem(from: number, indent: number, emptyAt: Span, depth: number): SourceNode {
    const at = skipSpaces(from)
    if (isDash(at)) fail()
    keyAt.lastIndex = at
    if (!keyAt.test(text)) return blockValue(from, indent, emptyAt, depth, false)
    compactStart = at
    compactIndent = indent + (at - from) + 1
    return block(depth + 1)
  }

  /** What follows `key:` or `- `: on the same line, or as a block below. Leaves `line` on the next line that is not part of it. */
  function blockValue(
    from: number,
    indent: number,
    emptyAt: Span,
    depth: number,
    mayHoldList: boolean,
  ): SourceNode {
    const at = skipSpaces(from)
    const end = lines.end[line] ?? text.length
    if (at < end && !(text[at] === '#' && at > from)) {
      const value = inline(at, end, indent, depth)
      line++
      return value
    }
    line++
    const next = indentOf(line)
    if (next > indent || (mayHoldList && next === indent && isDash(lines.start[line] ?? 0)))
      return block(depth + 1)
    return empty(emptyAt)
  }

  function inline(at: number, end: number, indent: number, depth: number): SourceNode {
    const first = text[at] ?? ''
    if (first === '{' || first === '[') {
      const flow = flowCollection(at, indent, depth + 1)
      while (line + 1 < lines.count && (lines.start[line + 1] ?? 0) < flow.end) line++
      restIsEmpty(flow.end)
      return flow.node
    }
    if (first === '"' || first === "'") {
      const quoted = quotedScalar(at)
      restIsEmpty(quoted.end)
      return quoted.node
    }
    if (indicators.has(first) && (first !== '-' || isDash(at))) fail()
    // Cut first: a search in the whole text would go on to its end on every line without a comment.
    const comment = text.slice(at, end).indexOf(' #')
    return plain(at, comment === -1 ? end : at + comment)
  }

  function restIsEmpty(from: number): void {
    const end = lines.end[line] ?? text.length
    const at = skipSpaces(from)
    if (at < end && !(text[at] === '#' && at > from)) fail()
  }

  function plain(start: number, limit: number): ScalarNode {
    const written = text.slice(start, limit).trimEnd()
    if (written.includes(': ') || written.endsWith(':')) fail()
    return plainScalar(written, positions.span(start, start + written.length)) ?? fail()
  }

  function quotedScalar(start: number): { node: ScalarNode; end: number } {
    const end = endOfQuoted(text, start) ?? fail()
    const value = quotedValue(text.slice(start, end)) ?? fail()
    return {
      node: { kind: 'scalar', value, text: value, isQuoted: true, span: positions.span(start, end) },
      end,
    }
  }

  function flowCollection(
    start: number,
    indent: number,
    depth: number,
  ): { node: MapNode | ListNode; end: number } {
    if (depth > deepest) fail()
    const isMap = text[start] === '{'
    const close = isMap ? '}' : ']'
    const entries: MapEntry[] = []
    const items: SourceNode[] = []
    const seen = new Set<string>()
    let at = skipSpace(start + 1, indent)
    while (text[at] !== close) {
      if (isMap) {
        const key = flowKey(at)
        if (seen.has(key.text) || nullWords.has(key.text) || key.text === '<<') fail()
        seen.add(key.text)
        const from = skipSpace(key.end, indent)
        const isEmpty = text[from] === ',' || text[from] === close
        const value = isEmpty ? { node: empty(key.span), end: from } : flowValue(from, indent, depth)
        entries.push({ key: key.text, keySpan: key.span, value: value.node })
        at = value.end
      } else {
        const value = flowValue(at, indent, depth)
        items.push(value.node)
        at = value.end
      }
      at = skipSpace(at, indent)
      if (text[at] === ',') at = skipSpace(at + 1, indent)
      else if (text[at] !== close) fail()
    }
    const span = positions.span(start, at + 1)
    return { node: isMap ? { kind: 'map', entries, span } : { kind: 'list', items, span }, end: at + 1 }
  }

  function flowKey(at: number): { text: string; span: Span; end: number } {
    if (text[at] === '"' || text[at] === "'") {
      const { node, end } = quotedScalar(at)
      if (text[end] !== ':') fail()
      return { text: node.text, span: node.span, end: end + 1 }
    }
    flowKeyAt.lastIndex = at
    const key = flowKeyAt.exec(text)?.[1] ?? fail()
    return { text: key, span: positions.span(at, at + key.length), end: at + key.length + 1 }
  }

  function flowValue(at: number, indent: number, depth: number): { node: SourceNode; end: number } {
    const first = text[at] ?? fail()
    if (first === '{' || first === '[') return flowCollection(at, indent, depth + 1)
    if (first === '"' || first === "'") {
      const quoted = quotedScalar(at)
      // `"a": 1` in a list is a map of one pair.
      return text[skipSpaces(quoted.end)] === ':' ? fail() : quoted
    }
    if (indicators.has(first) && (first !== '-' || /[\s,[\]{}]/.test(text[at + 1] ?? ' '))) fail()
    let end = at
    while (end < text.length && !flowEnds.has(text[end] ?? '')) end++
    if (text[end] !== ',' && text[end] !== ']' && text[end] !== '}') fail()
    const written = text.slice(at, end)
    if (written.includes(' #')) fail()
    return { node: plain(at, end), end }
  }

  function skipSpaces(from: number): number {
    let at = from
    while (text[at] === ' ') at++
    return at
  }

  /** Over line breaks too; what follows one must be indented deeper than the key above, or it belongs to the block. */
  function skipSpace(from: number, indent: number): number {
    let at = skipSpaces(from)
    for (;;) {
      const isComment = text[at] === '#' && (text[at - 1] === ' ' || text[at - 1] === '\n')
      if (isComment) at = text.indexOf('\n', at)
      if (at === -1 || at >= text.length) fail()
      if (text[at] !== '\n') return text[at] === '#' ? fail() : at
      const lineStart = at + 1
      at = skipSpaces(lineStart)
      const isContent = text[at] !== '\n' && text[at] !== '#'
      if (isContent && at - lineStart <= indent) fail()
    }
  }

  function empty(span: Span): ScalarNode {
    return { kind: 'scalar', value: null, text: '', isQuoted: false, span }
  }

  if (lines.count === 0) fail()
  const first = text[lines.start[0] ?? 0]
  const isFlow = first === '{' || first === '['
  const root = isFlow ? inline(lines.start[0] ?? 0, lines.end[0] ?? 0, -1, 0) : block(0)
  if (isFlow) line++
  if (line < lines.count) fail()
  return root
}

/** Where an unquoted scalar in a flow collection ends, or is none. */
const flowEnds = new Set(',[]{}\n')
