import type { Span } from '../stack/diagnostics.ts'
import type { ScalarNode } from '../stack/node.ts'
import { positionsOf, type Positions } from '../stack/positions.ts'

/** Where a range of a scalar's value is written: exact for what begins with `${`, the whole scalar otherwise. */
export type PlaceWithin = (start: number, end: number) => Span

/** Finds the places of expressions inside scalars, given the characters of the files that the scalars came from. */
export interface Places {
  readonly within: (node: ScalarNode) => PlaceWithin
}

/**
 * A value is not what is written: quotes, escapes, folding and indentation are gone. But every `${` of the value is one of the
 * file, in the same order, so counting them finds the place whatever the style of the scalar.
 */
export function placesIn(textOf: (file: string) => string | undefined): Places {
  const files = new Map<
    string,
    | { readonly text: string; readonly lineStarts: readonly number[]; readonly positions: Positions }
    | undefined
  >()

  function fileOf(name: string) {
    if (!files.has(name)) {
      const text = textOf(name)?.replace(/^\ufeff/, '')
      files.set(
        name,
        text === undefined
          ? undefined
          : { text, lineStarts: lineStartsOf(text), positions: positionsOf(name, text) },
      )
    }
    return files.get(name)
  }

  function within(node: ScalarNode): PlaceWithin {
    const value = String(node.value)
    const offsets = offsetsOf('${', value, 0, Infinity)
    let written: readonly number[] | undefined
    return (start, end) => {
      const file = fileOf(node.span.file)
      const lineStart = file?.lineStarts[node.span.line - 1]
      if (!file || lineStart === undefined) return node.span
      written ??= offsetsOf('${', file.text, lineStart + node.span.column - 1, offsets.length)
      const offset = written[indexOf(offsets, start)]
      return offset === undefined ? node.span : file.positions.span(offset, offset + end - start)
    }
  }

  return { within }
}

function offsetsOf(search: string, text: string, from: number, most: number): number[] {
  const offsets: number[] = []
  for (let index = text.indexOf(search, from); index !== -1 && offsets.length < most;) {
    offsets.push(index)
    index = text.indexOf(search, index + search.length)
  }
  return offsets
}

function lineStartsOf(text: string): number[] {
  return [0, ...offsetsOf('\n', text, 0, Infinity).map((offset) => offset + 1)]
}

/** Binary search; -1 where it is absent. */
function indexOf(sorted: readonly number[], wanted: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = sorted[middle] ?? 0
    if (found === wanted) return middle
    if (found < wanted) low = middle + 1
    else high = middle - 1
  }
  return -1
}
