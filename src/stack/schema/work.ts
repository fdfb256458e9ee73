import { errorAt, type Span } from '../diagnostics.ts'
import type { SourceNode } from '../node.ts'
import { describe } from './describe.ts'
import type { Findings } from './findings.ts'
import type { Schema } from './types.ts'

/** What one run of `decode` carries along. */
export interface Work {
  readonly isSource: boolean
  readonly isOverlay: boolean
  readonly found: Findings
  readonly nodes: WeakMap<object, SourceNode>
  /** Keys from the root to the node at hand. */
  readonly path: string[]
  readonly root: SourceNode
}

export function wrongKind(schema: Schema, expected: string, node: SourceNode, at: Span, work: Work): unknown {
  const isConfidential = schema.isConfidential === true && node.kind === 'scalar'
  const message = `${pathOf(work)} must be ${expected}, not ${isConfidential ? 'a text' : describe(node)}`
  const error = errorAt(
    'schema/wrong-type',
    message,
    node.kind === 'scalar' ? node.span : at,
    schema.cure?.(node),
  )
  work.found.add({ ...error, ...(isConfidential && { isConfidential }) })
  return undefined
}

export function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

export function pathOf(work: Work): string {
  return work.path.length === 0 ? 'the file' : work.path.map(shortened).join('.')
}

function shortened(key: string): string {
  return key.length > 80 ? `${key.slice(0, 80)}…` : key
}
