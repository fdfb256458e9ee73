/** Offsets of a `${…}` in a text; `end` is exclusive. */
export interface ReferenceRange {
  readonly start: number
  readonly end: number
}

/**
 * Inside `{ }` or `[ ]` YAML reads the brace of `${X}` as a map of its own, and the parser stumbles exactly there. The first
 * stumble derails it for the rest of the line, so the other unquoted references of that line are taken along.
 */
export function referencesBehind(errorOffsets: readonly number[], text: string): ReferenceRange[] {
  const found = new Map<number, ReferenceRange>()
  for (const offset of errorOffsets) {
    if (text[offset] !== '{' || text[offset - 1] !== '$') continue
    const newline = text.indexOf('\n', offset)
    const rest = text.slice(
      offset - 1,
      Math.min(newline === -1 ? text.length : newline, offset + longestLine),
    )
    for (const match of rest.matchAll(quotedOrReference)) {
      if (!match[0].startsWith('$')) continue
      const start = offset - 1 + match.index
      found.set(start, { start, end: start + match[0].length })
    }
  }
  return [...found.values()].sort((one, other) => one.start - other.start)
}

/** Characters of a line that are looked at; nobody reads the twentieth mistake of a generated line. */
const longestLine = 1000

const quotedOrReference = /"(?:[^"\\]|\\.)*"|'[^']*'|\$\{[^{}\n]*\}?/g

/** The text with the references replaced by as many ordinary characters, so that all the rest is still checked. */
export function withoutReferences(text: string, references: readonly ReferenceRange[]): string {
  let result = ''
  let from = 0
  for (const { start, end } of references) {
    result += text.slice(from, start) + 'x'.repeat(end - start)
    from = end
  }
  return result + text.slice(from)
}
