import type { Span } from './diagnostics.ts'

/** Turns offsets of a text into spans. Fast when asked in ascending order, which is how a parser asks. */
export interface Positions {
  /** From `start` to `end` (exclusive), cut at the end of the line and at least one character long. */
  readonly span: (start: number, end: number) => Span
}

export function positionsOf(file: string, text: string): Positions {
  const lineStarts = [0]
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1))
    lineStarts.push(index + 1)
  let current = 0

  const startOf = (line: number): number => lineStarts[line] ?? text.length + 1

  function lineAt(offset: number): number {
    if (offset >= startOf(current) && offset < startOf(current + 1)) return current
    if (offset >= startOf(current + 1) && offset < startOf(current + 2)) return ++current
    let low = 0
    let high = lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (startOf(middle) <= offset) low = middle
      else high = middle - 1
    }
    current = low
    return low
  }

  function span(start: number, end: number): Span {
    const line = lineAt(Math.min(start, text.length))
    const lineStart = startOf(line)
    const lineEnd = startOf(line + 1) - 1
    return {
      file,
      line: line + 1,
      column: start - lineStart + 1,
      length: Math.max(1, Math.min(end, lineEnd) - start),
    }
  }

  return { span }
}
