import type { Span } from '../diagnostics.ts'
import type { SourceNode } from '../node.ts'

/** Where decoded values were written. Keys are those of the decoded value; map keys and list indexes as they are. */
export interface Spans {
  /**
   * With a key: its value where that is a scalar, else the key that heads it. Without: the whole object. A key that is absent
   * (a default) answers with the object; an object of unknown origin with undefined.
   */
  readonly spanOf: (parent: object, key?: string | number) => Span | undefined
  /** The key itself, for errors about names. */
  readonly keySpanOf: (parent: object, key: string) => Span | undefined
}

/** Remembers which node each decoded object came from; places are looked up only when an error asks. */
export function spansOf(nodes: WeakMap<object, SourceNode>): Spans {
  function entry(parent: object, key: string) {
    const node = nodes.get(parent)
    if (node?.kind !== 'map') return undefined
    return (
      node.entries.find((each) => each.key === key) ??
      node.entries.find((each) => each.key.replaceAll('-', '') === key.toLowerCase())
    )
  }

  function spanOf(parent: object, key?: string | number): Span | undefined {
    const node = nodes.get(parent)
    if (key === undefined || node === undefined) return node?.span
    if (node.kind === 'list') return node.items[Number(key)]?.span ?? node.span
    const found = entry(parent, String(key))
    if (!found) return node.span
    return found.value.kind === 'scalar' ? found.value.span : found.keySpan
  }

  return { spanOf, keySpanOf: (parent, key) => entry(parent, key)?.keySpan ?? spanOf(parent) }
}
