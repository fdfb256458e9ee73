import type * as YamlModule from 'yaml'
import type { Alias, Document, ParsedNode, Range, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { checked, errorAt, type Checked, type Diagnostic, type Span } from './diagnostics.ts'
import { referencesBehind, withoutReferences, type ReferenceRange } from './flow-references.ts'
import { mapEntries, type WrittenEntry } from './map-entries.ts'
import type { ListNode, MapNode, ScalarNode, SourceNode } from './node.ts'
import { positionsOf, type Positions } from './positions.ts'
import { findings, type Findings } from './schema/findings.ts'
import { readSimpleYaml } from './simple-yaml.ts'
import { textOfFile } from './text-of-file.ts'
import { openingOf } from './openings.ts'
import { tooDeep, yamlFinding, type YamlFinding } from './yaml-words.ts'

/** Errors of syntax that are reported of one file; more are the echo of the first ones. */
const mostSyntaxErrors = 20
/** Nodes that aliases may add to a file. A stack with a hundred services sharing an anchor adds a few thousand. */
const mostAliasedNodes = 50_000
/** Characters that may be parsed again to find mistakes behind an unquoted reference: a stack of a hundred services, a few times. */
const mostReparsing = 200_000
/** Levels of maps and lists. The deepest stack there is needs about twelve. */
const deepestNesting = 100

/**
 * Reads a stack or profile file (YAML 1.2 core schema, of which JSON is a part) into nodes with places. Anything that is wrong
 * with the text is a diagnostic `source/…` or `yaml/…`; bad input never throws. An empty file is a scalar `null`.
 */
export async function parseSource(file: string, content: Uint8Array | string): Promise<Checked<SourceNode>> {
  const text = textOfFile(file, content)
  if (!text.ok) return text
  const positions = positionsOf(file, text.value)
  const node = readSimpleYaml(text.value, positions)
  return node ? checked(node, []) : parseText(text.value, positions)
}

/** The whole of YAML, and the words for what is wrong. Exported for the test that compares it with the simple reader. */
export async function parseText(text: string, positions: Positions): Promise<Checked<SourceNode>> {
  // The default export: of a CommonJS package that is all a bundler leaves of it.
  const { default: yaml } = await import('yaml')
  try {
    const { document, references } = parseDocument(yaml, text)
    const found = references
      .slice(0, mostSyntaxErrors)
      .map((each) => unquotedReference(text, positions, each))
    const syntax = [...document.errors, ...document.warnings].sort((one, other) => one.pos[0] - other.pos[0])
    for (const { code, message, pos } of syntax.slice(0, mostSyntaxErrors)) {
      const start = openingOf(message, text, pos[0])
      found.push(asDiagnostic(yamlFinding(code, message), positions.span(start, Math.max(start, pos[1]))))
    }
    if (document.directives.yaml.version === '1.1') found.push(asDiagnostic(oldYaml, positions.span(0, 9)))
    if (found.length > 0) return { ok: false, errors: oneALine(found), warnings: [] }
    const problems = findings()
    const node = toSourceNode(yaml, document.contents, text, positions, problems)
    return checked(node, problems.all())
  } catch (error) {
    // Parser and conversion recurse; a file nested thousands of levels deep ends the stack, which is the file's fault.
    if (error instanceof RangeError)
      return { ok: false, errors: [asDiagnostic(tooDeep, positions.span(0, 1))], warnings: [] }
    throw error
  }
}

type Yaml = (typeof YamlModule)['default']

function parseDocument(
  yaml: Yaml,
  text: string,
): { document: Document.Parsed; references: ReferenceRange[] } {
  let references: ReferenceRange[] = []
  let parsedCharacters = 0
  for (;;) {
    const document = yaml.parseDocument(withoutReferences(text, references), {
      version: '1.2',
      schema: 'core',
      // Ours: theirs compares every key with every other one, and tells one place of the two.
      uniqueKeys: false,
      prettyErrors: false,
    })
    const offsets = document.errors.slice(0, mostSyntaxErrors).map((error) => error.pos[0])
    const found = referencesBehind(offsets, withoutReferences(text, references))
    if (found.length === 0) return { document, references }
    references = [...references, ...found].sort((one, other) => one.start - other.start)
    parsedCharacters += text.length
    if (parsedCharacters > mostReparsing || references.length > mostSyntaxErrors)
      return { document, references }
  }
}

function unquotedReference(text: string, positions: Positions, { start, end }: ReferenceRange): Diagnostic {
  const message = `inside { } or [ ] a value with ${text.slice(start, end)} must be quoted`
  const before = /[^\s,[{]*$/.exec(text.slice(Math.max(0, start - 200), start))?.[0] ?? ''
  const after = /^[^\s,\]}]*/.exec(text.slice(end, end + 200))?.[0] ?? ''
  const hint = `quote the whole value: "${before}${text.slice(start, end)}${after}"`
  return errorAt('yaml/unquoted-reference', message, positions.span(start, end), hint)
}

const oldYaml: YamlFinding = {
  code: 'yaml/directive',
  message: 'YAML 1.1 is not read: `yes` and `010` mean other things there',
  hint: 'remove the directive',
}

function asDiagnostic(finding: YamlFinding, span: Span): Diagnostic {
  return errorAt(finding.code, finding.message, span, finding.hint)
}

/** One mistake makes the parser stumble several times on its line; the first error says it. */
function oneALine(found: readonly Diagnostic[]): Diagnostic[] {
  const line = (each: Diagnostic | undefined) => each?.span?.line ?? 0
  const column = (each: Diagnostic) => each.span?.column ?? 0
  const sorted = [...found].sort((one, other) => line(one) - line(other) || column(one) - column(other))
  return sorted.filter(
    (each, index) => each.code === 'yaml/unquoted-reference' || line(sorted[index - 1]) !== line(each),
  )
}

function toSourceNode(
  yaml: Yaml,
  contents: ParsedNode | null,
  text: string,
  positions: Positions,
  problems: Findings,
): SourceNode {
  /** `undefined` while the anchored part is still being read: an alias to it there would contain itself. */
  const anchors = new Map<string, { node: SourceNode; size: number } | undefined>()
  let size = 0
  let aliased = 0
  const startSpan = positions.span(0, 1)

  function convert(node: ParsedNode | null, depth: number, emptyAt: Span): SourceNode {
    size++
    if (node === null) return { kind: 'scalar', value: null, text: '', isQuoted: false, span: emptyAt }
    if (depth > deepestNesting) throw new RangeError('nested too deeply')
    if (yaml.isAlias(node)) return expand(node, emptyAt)
    const { anchor } = node
    const sizeBefore = size
    if (anchor !== undefined) anchors.set(anchor, undefined)
    const result = convertOwn(node, depth, emptyAt)
    if (anchor !== undefined) anchors.set(anchor, { node: result, size: size - sizeBefore + 1 })
    return result
  }

  function convertOwn(node: Exclude<ParsedNode, Alias.Parsed>, depth: number, emptyAt: Span): SourceNode {
    if (yaml.isMap(node)) return map(node, depth)
    if (yaml.isSeq(node)) return list(node, depth)
    return scalar(node, emptyAt)
  }

  function expand(node: Alias.Parsed, emptyAt: Span): SourceNode {
    const span = spanOf(node.range)
    const target = anchors.get(node.source)
    const empty: ScalarNode = { kind: 'scalar', value: null, text: '', isQuoted: false, span: emptyAt }
    if (!target) {
      const message = anchors.has(node.source)
        ? `&${node.source} contains itself`
        : `there is no anchor &${node.source} before this`
      problems.add(errorAt('yaml/alias', message, span))
      return empty
    }
    const before = aliased
    aliased += target.size
    size += target.size
    if (aliased <= mostAliasedNodes) return target.node
    if (before <= mostAliasedNodes) {
      const message = `aliases make more than ${String(mostAliasedNodes)} values of this file`
      problems.add(
        errorAt(
          'yaml/alias-bomb',
          message,
          span,
          'anchors that repeat each other multiply; write the values out',
        ),
      )
    }
    return empty
  }

  function map(node: YAMLMap.Parsed, depth: number): MapNode {
    const entries: WrittenEntry[] = []
    for (const pair of node.items) {
      const key = convert(pair.key, depth + 1, spanOf(node.range))
      entries.push({ key, value: convert(pair.value, depth + 1, key.span) })
    }
    return { kind: 'map', entries: mapEntries(entries, problems), span: spanOf(node.range) }
  }

  function list(node: YAMLSeq.Parsed, depth: number): ListNode {
    const span = spanOf(node.range)
    return {
      kind: 'list',
      items: node.items.map((item) => convert(item, depth + 1, span)),
      span,
    }
  }

  function scalar(node: Scalar.Parsed, emptyAt: Span): ScalarNode {
    const isQuoted = node.type !== 'PLAIN'
    const { value } = node
    const span = node.range[0] === node.range[1] ? emptyAt : spanOf(node.range)
    const written = isQuoted ? String(value) : text.slice(node.range[0], node.range[1])
    if (typeof value === 'number' && !Number.isFinite(value)) {
      problems.add(
        errorAt(
          'yaml/number',
          `${written} is not a number that a stack can use`,
          span,
          'quote it if it is text',
        ),
      )
      return { kind: 'scalar', value: null, text: written, isQuoted, span }
    }
    const isOurs =
      value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return { kind: 'scalar', value: isOurs ? value : written, text: written, isQuoted, span }
  }

  function spanOf(range: Range): Span {
    return positions.span(range[0], range[1])
  }

  return convert(contents, 0, startSpan)
}
