import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { Diagnostic, Span } from './diagnostics.ts'
import { errorAt } from './diagnostics.ts'
import type { SourceNode } from './node.ts'
import { findings } from './schema/findings.ts'
import { hasReference } from './schema/describe.ts'
import type { Schema } from './schema/types.ts'
import { mapScalars } from './schema/walk.ts'

/** An absolute path: relative ones start at the folder of the file that states them, whatever the working directory (S7). */
export function pathFrom(span: Span, path: string): string {
  return resolve(dirname(span.file), path)
}

/**
 * Relative paths must stay below one of the roots, so that a stack can be moved, copied and read by a stranger. Absolute paths
 * and `~` say openly that they leave, and pass.
 */
export function checkPaths(schema: Schema, node: SourceNode, roots: readonly string[]): Diagnostic[] {
  if (!mentionsParent(node)) return []
  const found = findings()
  mapScalars(schema, node, (scalar, scalarSchema) => {
    const written = scalar.value
    if (scalarSchema?.type.name !== 'path' || typeof written !== 'string') return scalar
    if (isAbsolute(written) || written.startsWith('~') || hasReference(written) || !written.includes('..'))
      return scalar
    const path = pathFrom(scalar.span, written)
    if (roots.some((root) => isInside(path, root))) return scalar
    const hint = 'name the folder under `roots` of the stack file, or include the stack that lies there'
    found.add(errorAt('load/outside', `${written} leads out of the stack`, scalar.span, hint))
    return scalar
  })
  return found.all()
}

/** Most stacks never climb, and need no second look at every value. */
function mentionsParent(node: SourceNode): boolean {
  if (node.kind === 'scalar') return typeof node.value === 'string' && node.value.includes('..')
  if (node.kind === 'list') return node.items.some(mentionsParent)
  return node.entries.some((entry) => mentionsParent(entry.value))
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
