import { errorAt } from './diagnostics.ts'
import type { MapEntry, SourceNode } from './node.ts'
import type { Findings } from './schema/findings.ts'

/** A key and its value as the parser found them: the key may be anything yet, and may occur twice. */
export interface WrittenEntry {
  readonly key: SourceNode
  readonly value: SourceNode
}

/**
 * Makes the entries of a map: keys become text and unique, merge keys (`<<`) are expanded. What a map states itself wins over
 * what it merges, and the first of several merged maps wins over the next (YAML's merge type).
 */
export function mapEntries(written: readonly WrittenEntry[], findings: Findings): MapEntry[] {
  const own = new Map<string, MapEntry>()
  const merged: SourceNode[] = []
  for (const { key, value } of written) {
    if (key.kind !== 'scalar' || key.value === null) {
      const what = key.kind === 'scalar' ? 'empty' : `a ${key.kind}`
      findings.add(
        errorAt('yaml/key', `a key is a word; this one is ${what}`, key.span, 'quote it if it is text'),
      )
      continue
    }
    if (key.text === '<<' && !key.isQuoted) {
      for (const each of value.kind === 'list' ? value.items : [value]) merged.push(each)
      continue
    }
    const first = own.get(key.text)
    if (first) {
      findings.add({
        ...errorAt(
          'yaml/duplicate-key',
          `\`${key.text}\` is written twice in this map`,
          key.span,
          'keep one of the two',
        ),
        related: [{ span: first.keySpan, message: 'the first one' }],
      })
      continue
    }
    own.set(key.text, { key: key.text, keySpan: key.span, value })
  }
  for (const node of merged) mergeInto(own, node, findings)
  return [...own.values()]
}

function mergeInto(own: Map<string, MapEntry>, node: SourceNode, findings: Findings): void {
  if (node.kind !== 'map') {
    findings.add(
      errorAt(
        'yaml/merge',
        `\`<<\` merges maps, and this is a ${node.kind}`,
        node.span,
        'name an anchor of a map: `<<: *name`',
      ),
    )
    return
  }
  for (const entry of node.entries) {
    if (!own.has(entry.key)) own.set(entry.key, entry)
  }
}
