import { chosen, keysOf, type Model } from './model.ts'
import { matcherOf, serviceOfLogs } from './panes/logs.ts'
import { scopesOf } from './keys.ts'
import type { UiState } from './ui-state.ts'

export type Move = 'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last'

/** The view after a move: of the cursor in a list, of the window over a text. */
export function moved(move: Move, model: Model): UiState {
  const { ui } = model
  const by = distance(move, Math.max(1, model.size.rows - 8))
  if (ui.help !== undefined) return { ...ui, help: Math.max(0, ui.help + by) }
  const [scope = 'anywhere'] = scopesOf(ui)
  switch (scope) {
    case 'details':
      return ui.details
        ? { ...ui, details: { ...ui.details, down: clamp(ui.details.down + by, farDown) } }
        : ui
    case 'logs':
      return movedInLogs(by, model)
    case 'events':
      return { ...ui, eventsBack: clamp(ui.eventsBack - by, Math.max(0, model.events.length - 1)) }
    case 'services':
    case 'forwards':
    case 'smoke': {
      const keys = keysOf(scope, model)
      const at = clamp(keys.indexOf(chosen(scope, model) ?? '') + by, keys.length - 1)
      const key = keys[at]
      return key === undefined ? ui : { ...ui, cursor: { ...ui.cursor, [scope]: key } }
    }
    case 'anywhere':
      return ui
    default:
      return scope satisfies never
  }
}

/** Upwards stands still at once; reaching the newest line follows again. */
function movedInLogs(by: number, model: Model): UiState {
  const { logs } = model.ui
  const upTo = logs.still?.upTo ?? model.logs.newest()
  const count = model.logs.count({ service: serviceOfLogs(model), upTo, matches: matcherOf(logs.search) })
  const back = clamp((logs.still?.back ?? 0) - by, Math.max(0, count - 1))
  return { ...model.ui, logs: { ...logs, still: back === 0 ? undefined : { upTo, back } } }
}

/** Farther than any text goes, yet a number to count with. */
const farDown = 100_000

function distance(move: Move, page: number): number {
  switch (move) {
    case 'up':
      return -1
    case 'down':
      return 1
    case 'page-up':
      return -page
    case 'page-down':
      return page
    case 'first':
      return -farDown
    case 'last':
      return farDown
    default:
      return move satisfies never
  }
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(value, most))
}
