import type { ManifestFact } from '../drivers/facts.ts'
import { errorAt, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import { valueOf, type MapNode, type SourceNode } from '../stack/node.ts'
import { unfilledPlaceholder } from './manifest-documents.ts'
import { manifestValue, scalarValue } from './manifest-values.ts'

/** The objects of one document: itself, or what a `kind: List` holds. What is wrong goes to `findings`, and that object is left out. */
export function objectsOf(node: SourceNode, findings: Diagnostic[]): ManifestFact[] {
  if (node.kind !== 'map') {
    const what = node.kind === 'list' ? 'a list' : 'a single value'
    const hint = 'an object is a map with `apiVersion`, `kind` and `metadata`'
    findings.push(errorAt('manifest/not-an-object', `this is ${what}, not an object`, node.span, hint))
    return []
  }
  const items = valueOf(node, 'items')
  if (textAt(node, 'kind')?.endsWith('List') && items?.kind === 'list')
    return items.items.flatMap((item) => objectsOf(item, findings))
  const fact = objectOf(node, findings)
  return fact ? [fact] : []
}

function objectOf(node: MapNode, findings: Diagnostic[]): ManifestFact | undefined {
  const apiVersion = textAt(node, 'apiVersion')
  const kind = textAt(node, 'kind')
  const metadata = valueOf(node, 'metadata')
  const name = textAt(metadata, 'name')
  const missing = [
    ...(apiVersion === undefined ? ['apiVersion'] : []),
    ...(kind === undefined ? ['kind'] : []),
    ...(name === undefined ? ['metadata.name'] : []),
  ]
  for (const field of missing) findings.push(missingField(node, field, kind))
  if (apiVersion?.startsWith('kustomize.config.k8s.io/')) {
    const hint = 'name its folder under `manifests`: it is then built with kustomize'
    findings.push(errorAt('manifest/kustomization', 'this is a recipe of kustomize', node.span, hint))
    return undefined
  }
  findings.push(...mistakesIn(node, kind ?? ''))
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined
  const from = valueOf(metadata, 'name')?.span ?? node.span
  const object = manifestValue(node) as Readonly<Record<string, unknown>>
  return { object: { ...object, apiVersion, kind }, from, node }
}

function missingField(node: MapNode, field: string, kind: string | undefined): Diagnostic {
  const what = kind === undefined ? 'this object' : `this ${kind}`
  const generated = valueOf(valueOf(node, 'metadata'), 'generateName')
  if (field === 'metadata.name' && generated)
    return errorAt(
      'manifest/generate-name',
      `${what} gets another name each time`,
      generated.span,
      'what `up` is to find again needs `metadata.name`',
    )
  const written =
    field === 'metadata.name' ? valueOf(valueOf(node, 'metadata'), 'name') : valueOf(node, field)
  return written
    ? errorAt('manifest/incomplete', `\`${field}\` of ${what} is not a text`, written.span, quoted(written))
    : errorAt('manifest/incomplete', `${what} has no \`${field}\``, node.span)
}

/** Maps of texts, by kind; labels and annotations are looked for everywhere. */
const textMaps: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['data', 'binaryData'],
  Secret: ['data', 'stringData'],
}

/** What the API server refuses with words about unmarshalling, or takes for another value. */
function mistakesIn(node: MapNode, kind: string): Diagnostic[] {
  const findings: Diagnostic[] = []
  for (const field of textMaps[kind] ?? [])
    findings.push(...textsOnly(valueOf(node, field), `${kind} ${field}`))
  const look = (each: SourceNode, key: string): void => {
    if (each.kind === 'list') each.items.forEach((item) => look(item, key))
    if (each.kind !== 'map') return
    if (key === 'metadata') findings.push(...mistakesInMetadata(each))
    if (key === 'env')
      findings.push(...textOnly(valueOf(each, 'value'), 'the value of an environment variable'))
    if (key === 'containers' || key === 'initContainers') findings.push(...unfilled(valueOf(each, 'image')))
    for (const entry of each.entries) look(entry.value, entry.key)
  }
  // A definition of a kind speaks of `metadata` and `env` as fields, not as values.
  look(kind === 'CustomResourceDefinition' ? withOnlyMetadata(node) : node, '')
  return findings
}

function withOnlyMetadata(node: MapNode): MapNode {
  return { ...node, entries: node.entries.filter(({ key }) => key === 'metadata') }
}

function mistakesInMetadata(metadata: MapNode): Diagnostic[] {
  return [
    ...textsOnly(valueOf(metadata, 'labels'), 'a label'),
    ...textsOnly(valueOf(metadata, 'annotations'), 'an annotation'),
    ...unfilled(valueOf(metadata, 'name')),
    ...unfilled(valueOf(metadata, 'namespace')),
  ]
}

function textsOnly(node: SourceNode | undefined, what: string): Diagnostic[] {
  return node?.kind === 'map' ? node.entries.flatMap(({ value }) => textOnly(value, what)) : []
}

function textOnly(node: SourceNode | undefined, what: string): Diagnostic[] {
  if (node === undefined) return []
  if (node.kind !== 'scalar')
    return [errorAt('manifest/not-a-string', `${what} is a text, and this is a ${node.kind}`, node.span)]
  const value = scalarValue(node)
  if (typeof value === 'string' || value === null) return []
  const message = `${what} is a text, and ${node.text} is a ${typeof value}`
  return [errorAt('manifest/not-a-string', message, node.span, quoted(node))]
}

function quoted(node: SourceNode): string {
  return node.kind === 'scalar' ? `write "${node.text}"` : 'write a text'
}

function unfilled(node: SourceNode | undefined): Diagnostic[] {
  if (node?.kind !== 'scalar') return []
  const found = /\{\{.*?\}\}/.exec(node.text)
  return found ? [unfilledPlaceholder(found[0], placeIn(node.span, node.isQuoted, found))] : []
}

function placeIn(span: Span, isQuoted: boolean, { index, 0: written }: RegExpExecArray): Span {
  return { ...span, column: span.column + index + (isQuoted ? 1 : 0), length: written.length }
}

function textAt(node: SourceNode | undefined, key: string): string | undefined {
  const value = valueOf(node, key)
  if (value?.kind !== 'scalar') return undefined
  const text = scalarValue(value)
  return typeof text === 'string' && text !== '' ? text : undefined
}
