import type { SourceNode } from '../node.ts'

/** What was found, for the end of a sentence "must be …, not …". Long values are cut. */
export function describe(node: SourceNode): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list'
  if (node.value === null) return 'empty'
  if (typeof node.value === 'string') return `the text "${short(node.value)}"`
  return typeof node.value === 'number' ? `the number ${short(node.text)}` : node.text
}

function short(text: string): string {
  const line = text.split('\n', 1)[0] ?? ''
  return line.length > 40 || line.length < text.length ? `${line.slice(0, 40)}…` : line
}

/** `${` that is not the escape `$${`. */
export function hasReference(text: string): boolean {
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', at + 2)) {
    if (text[at - 1] !== '$') return true
  }
  return false
}
