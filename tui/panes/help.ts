import { bindings, type Scope } from '../keys.ts'
import type { Model } from '../model.ts'
import { fitRow, span, type Row } from '../row.ts'
import { fit } from '../text.ts'
import type { Pane, Space } from './pane.ts'

/** Every key, from the table that handles them. */
export function helpPane({ ui }: Model, space: Space): Pane {
  const groups = scopes.map(([scope, title]): readonly Row[] => [
    [span(` ${title}`, undefined, true)],
    ...bindings
      .filter((each) => each.scopes[0] === scope)
      .map(({ shown, help }): Row => [span(`   ${fit(shown, 11)}`, 'accent'), span(help)]),
    [],
  ])
  const rows = space.width < 90 ? groups.flat() : inTwo(groups, space.width)
  const first = Math.min(ui.help ?? 0, Math.max(0, rows.length - space.height))
  return { title: 'Keys', aside: 'esc closes', rows: rows.slice(first) }
}

const scopes: readonly (readonly [Scope, string])[] = [
  ['anywhere', 'anywhere'],
  ['services', 'services and details'],
  ['details', 'details'],
  ['logs', 'logs'],
  ['forwards', 'forwards'],
  ['smoke', 'smoke tests'],
]

/** The first group on the left, for it is the longest; the others on the right. */
function inTwo([first = [], ...others]: readonly (readonly Row[])[], width: number): readonly Row[] {
  const right = others.flat()
  const half = Math.floor(width / 2)
  return Array.from({ length: Math.max(first.length, right.length) }, (_unused, index) => [
    ...fitRow(first[index] ?? [], half),
    ...(right[index] ?? []),
  ])
}
