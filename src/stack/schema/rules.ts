import { errorAt, type Span } from '../diagnostics.ts'
import type { MapEntry, MapNode } from '../node.ts'
import { didYouMean } from './suggest.ts'
import type { ExclusiveGroup, ObjectSchema } from './types.ts'
import { isNull, pathOf, type Work } from './work.ts'

/** False where a required value is missing or wrong. A key that was misspelled is said once. */
export function checkRequired(
  schema: ObjectSchema,
  map: MapNode,
  value: Readonly<Record<string, unknown>>,
  misspelled: ReadonlySet<string>,
  at: Span,
  work: Work,
): boolean {
  let isWhole = true
  if (work.isOverlay) return isWhole
  for (const key of schema.required) {
    const property = schema.properties.get(key)
    if (!property || value[property.name] !== undefined) continue
    isWhole = false
    if (misspelled.has(didYouMean(key)) || map.entries.some((entry) => entry.key === key)) continue
    work.found.add(errorAt('schema/missing-key', `${pathOf(work)} needs \`${key}\``, at, property.schema.doc))
  }
  return isWhole
}

export function checkExclusive(
  schema: ObjectSchema,
  group: ExclusiveGroup,
  map: MapNode,
  at: Span,
  work: Work,
): void {
  let first: MapEntry | undefined
  let second: MapEntry | undefined
  for (const entry of map.entries) {
    if (!Object.hasOwn(group.members, entry.key) || isNull(entry.value)) continue
    if (first) second ??= entry
    else first = entry
  }
  const words = () =>
    Object.keys(group.members)
      .map((key) => `\`${key}\``)
      .join(', ')
  if (!first && group.isRequired === true && !work.isOverlay) {
    work.found.add(
      errorAt('schema/missing-key', `${pathOf(work)} needs one of ${words()}`, at, schema.cure?.(map)),
    )
  }
  const beside = first && group.needs?.[first.key]
  if (
    first &&
    beside !== undefined &&
    !work.isOverlay &&
    !map.entries.some((entry) => entry.key === beside)
  ) {
    work.found.add(
      errorAt('schema/missing-key', `${pathOf(work)} needs \`${beside}\` beside \`${first.key}\``, at),
    )
  }
  if (!first || !second || group.mayCoexist === true) return
  work.found.add({
    ...errorAt(
      'schema/exclusive',
      `${pathOf(work)} has both \`${first.key}\` and \`${second.key}\``,
      second.keySpan,
      `keep one of ${words()}`,
    ),
    related: [{ span: first.keySpan, message: `\`${first.key}\` is here` }],
  })
}
