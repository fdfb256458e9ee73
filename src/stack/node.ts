import type { Span } from './diagnostics.ts'

/**
 * What a YAML (or JSON) file holds, with the place of every part. Aliases and merge keys are already expanded; the span of an
 * expanded part is that of the anchor. Overlays, `--set` and interpolation work on nodes, so a value keeps the place where it
 * was written even when it came from a profile.
 */
export type SourceNode = ScalarNode | MapNode | ListNode

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** The characters as written, without quotes: `010`, `1.10`, `yes` stay what the user typed. */
  readonly text: string
  readonly isQuoted: boolean
  readonly span: Span
}

export interface MapNode {
  readonly kind: 'map'
  /** In the order of the file; keys are unique. */
  readonly entries: readonly MapEntry[]
  readonly span: Span
}

export interface MapEntry {
  readonly key: string
  readonly keySpan: Span
  readonly value: SourceNode
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly SourceNode[]
  readonly span: Span
}

export function entryOf(node: SourceNode | undefined, key: string): MapEntry | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined
}

export function valueOf(node: SourceNode | undefined, key: string): SourceNode | undefined {
  return entryOf(node, key)?.value
}
