import { box, sideBySide, type Boxed } from './box.ts'
import { footer } from './footer.ts'
import { header } from './header.ts'
import { endpoints, type Model } from './model.ts'
import { detailsPane } from './panes/details.ts'
import { eventsPane } from './panes/events.ts'
import { forwardsPane } from './panes/forwards.ts'
import { helpPane } from './panes/help.ts'
import { logsPane } from './panes/logs.ts'
import type { Pane, Space } from './panes/pane.ts'
import { servicesPane } from './panes/services.ts'
import { smokePane } from './panes/smoke.ts'
import { fitRow, type Row } from './row.ts'
import { paneNames, type PaneName } from './ui-state.ts'

/** From this width on logs and events stand beside the rest; below they take its place while they have the focus. */
const twoSides = 100
/** Below this height there is one pane at a time. */
const manyPanes = 15

/** The whole screen: exactly as many rows as there are, each exactly as wide as it is. Pure. */
export function frame(model: Model): readonly Row[] {
  const { columns, rows } = model.size
  if (columns <= 0 || rows <= 0) return []
  const height = Math.max(0, rows - 2)
  const inner = bodyOf(model, columns, height).slice(0, height)
  const all = [header(model), ...inner, ...Array<Row>(height - inner.length).fill([]), footer(model)]
  return all.slice(-rows).map((row) => fitRow(row, columns))
}

function bodyOf(model: Model, width: number, height: number): readonly Row[] {
  const { ui, size } = model
  if (ui.help !== undefined) return stack([alone(helpPane)], model, width, height)
  if (ui.isZoomed || size.rows < manyPanes)
    return stack([ui.details ? alone(detailsPane) : numbered(ui.focus)], model, width, height)
  const right = ui.details ? [alone(detailsPane)] : [numbered('logs'), numbered('events')]
  const left = [numbered('services'), numbered('forwards'), numbered('smoke')]
  const isRight = ui.details !== undefined || ui.focus === 'logs' || ui.focus === 'events'
  if (size.columns < twoSides) return stack(isRight ? right : left, model, width, height)
  const leftWidth = leftWidthOf(width)
  return sideBySide(stack(left, model, leftWidth, height), stack(right, model, width - leftWidth, height))
}

/** The left side needs what its columns need; of what a wide screen has more, most is for the logs. */
function leftWidthOf(width: number): number {
  return width <= 120 ? Math.round(width * 0.52) : Math.min(100, 63 + Math.floor((width - 120) * 0.3))
}

interface Place {
  readonly name: PaneName | undefined
  readonly draw: (model: Model, space: Space) => Pane
}

function alone(draw: Place['draw']): Place {
  return { name: undefined, draw }
}

function numbered(name: PaneName): Place {
  return { name, draw: painters[name] }
}

const painters: Readonly<Record<PaneName, Place['draw']>> = {
  services: servicesPane,
  forwards: forwardsPane,
  smoke: smokePane,
  logs: logsPane,
  events: eventsPane,
}

/** Panes one below the other, with one border between two. */
function stack(places: readonly Place[], model: Model, width: number, height: number): readonly Row[] {
  const heights = heightsOf(places, model, height - places.length - 1)
  const boxes = places.map(({ name, draw }, index): Boxed => {
    // The details take the keys wherever the focus was.
    const hasFocus = name === undefined || (!model.ui.details && model.ui.focus === name)
    const space = { width: Math.max(0, width - 2), height: heights[index] ?? 0, hasFocus }
    const pane = draw(model, space)
    const title = name === undefined ? pane.title : `${paneNames.indexOf(name) + 1} ${pane.title}`
    return { title, aside: pane.aside, rows: pane.rows, height: space.height, hasFocus }
  })
  return box(boxes, width)
}

/** Short lists take what they need, the first pane of a side the rest; the pane with the focus gets at least half. */
function heightsOf(places: readonly Place[], model: Model, total: number): number[] {
  const room = Math.max(0, total)
  const wanted = places.slice(1).map(({ name }) => {
    const needed = neededRows(name, model, room)
    return Math.min(needed, Math.floor(room * (model.ui.focus === name ? 0.5 : 0.3)))
  })
  const taken = wanted.reduce((sum, each) => sum + each, 0)
  return [Math.max(0, room - taken), ...wanted]
}

function neededRows(name: PaneName | undefined, { state }: Model, room: number): number {
  if (name === 'forwards') return Math.max(1, endpoints(state).size)
  if (name === 'smoke') return Math.max(1, state.smoke.size)
  return room
}
