import type { KubeObject } from '../../platform/kubernetes/client.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { entryOf, type SourceNode } from '../../stack/node.ts'

/** An object with what is known of where it was written: a raw one knows it of every part, a generated one as a whole. */
export interface PlacedObject {
  readonly object: KubeObject
  readonly from: Span
  readonly node?: SourceNode
}

/** Keys and indices that lead from an object to one of its parts. */
export type Path = readonly (string | number)[]

/** Where a part is written: its key (`key`), or its value; of the nearest part above where it is not written at all. */
export function placeOf({ from, node }: PlacedObject, path: Path, what: 'key' | 'value' = 'value'): Span {
  if (!node) return from
  let current = node
  let span = path.length === 0 ? from : current.span
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1
    if (typeof step === 'number') {
      const item = current.kind === 'list' ? current.items[step] : undefined
      if (!item) return span
      current = item
      span = item.span
    } else {
      const entry = entryOf(current, step)
      if (!entry) return span
      current = entry.value
      span = (isLast && what === 'key') || current.kind !== 'scalar' ? entry.keySpan : current.span
    }
  }
  return span
}

/** `spec.template.spec.containers[0].image` */
export function pathAsText(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
}

/** `Deployment web` */
export function nameOf({ object }: PlacedObject): string {
  return `${object.kind} ${object.metadata.name}`
}
