import type { Row } from '../row.ts'

/** The inside of a pane; whoever puts panes together draws the borders and cuts every row to the width. */
export interface Pane {
  readonly title: string
  /** Beside the title: what the pane is set to. */
  readonly aside: string
  readonly rows: readonly Row[]
}

/** What a pane may fill. */
export interface Space {
  readonly width: number
  readonly height: number
  readonly hasFocus: boolean
}

/** The part of a list that is seen, moved no further than needed to hold the row under the cursor. */
export function windowAround<T>(items: readonly T[], at: number, height: number): readonly T[] {
  if (items.length <= height) return items
  const first = Math.min(Math.max(0, at - Math.floor(height / 2)), items.length - height)
  return items.slice(first, first + height)
}
