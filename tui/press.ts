import type { Intent } from '../src/state/screen.ts'
import { bindingFor, type Action } from './keys.ts'
import { ending, leaving } from './leaving.ts'
import { chosen, endpoints, type Model } from './model.ts'
import { moved } from './move.ts'
import { matcherOf, serviceOfLogs } from './panes/logs.ts'
import { typed } from './typing.ts'
import { onExitKeys, paneNames, tabNames, type PaneName, type TabName, type UiState } from './ui-state.ts'

/** A key as the terminal tells it: `a`, `up`, `enter`, `C-d`; `text` is what it would write. */
export interface Key {
  readonly name: string
  readonly text: string | undefined
}

export interface Pressed {
  readonly ui: UiState
  readonly intent?: Intent
}

/** What a key makes of what the person sees, and what it asks of the program. Pure. */
export function press(key: Key, before: Model): Pressed {
  const ui = before.ui.notice ? { ...before.ui, notice: undefined } : before.ui
  const model = { ...before, ui }
  if (ui.question) return answered(key, ui)
  if (ui.input) return typed(key, ui.input, model)
  const binding = bindingFor(key.name, ui)
  if (!binding) return { ui }
  if (ui.help !== undefined && (binding.action === 'quit' || binding.action === 'help'))
    return { ui: { ...ui, help: undefined } }
  return act(binding.action, key, model)
}

function act(action: Action, key: Key, model: Model): Pressed {
  const { ui } = model
  switch (action) {
    case 'up':
    case 'down':
    case 'page-up':
    case 'page-down':
    case 'first':
    case 'last':
      return { ui: moved(action, model) }
    case 'pane':
      return { ui: focused(ui, paneNames[Number(key.name) - 1] ?? ui.focus) }
    case 'next-pane':
      return { ui: focused(ui, after(paneNames, ui.focus, 1)) }
    case 'previous-pane':
      return { ui: focused(ui, after(paneNames, ui.focus, -1)) }
    case 'zoom':
      return { ui: { ...ui, isZoomed: true } }
    case 'unzoom':
      return { ui: { ...ui, isZoomed: false } }
    case 'open-details':
      return { ui: ui.focus === 'smoke' ? { ...ui, isZoomed: true } : opened(model, 'why') }
    case 'back':
      return { ui: back(ui) }
    case 'next-tab':
      return { ui: turned(ui, 1) }
    case 'previous-tab':
      return { ui: turned(ui, -1) }
    case 'describe':
      return { ui: opened(model, 'describe') }
    case 'why':
      return { ui: opened(model, 'why') }
    case 'filter':
      return { ui: asking(ui, 'filter', ui.filter) }
    case 'search':
      return { ui: asking(ui, 'search', ui.logs.search) }
    case 'palette':
      return { ui: asking(ui, 'command', '') }
    case 'faults':
      return { ui: { ...ui, isFaultsOnly: !ui.isFaultsOnly } }
    case 'mark':
      return { ui: moved('down', { ...model, ui: marked(model) }) }
    case 'logs':
      return {
        ui: ui.details
          ? opened(model, 'logs')
          : { ...focused(ui, 'logs'), logs: { ...ui.logs, isMerged: false } },
      }
    case 'wrap':
      return { ui: { ...ui, logs: { ...ui.logs, isWrapped: !ui.logs.isWrapped } } }
    case 'time':
      return { ui: { ...ui, logs: { ...ui.logs, hasTime: !ui.logs.hasTime } } }
    case 'merge':
      return { ui: { ...ui, logs: { ...ui.logs, isMerged: !ui.logs.isMerged, still: undefined } } }
    case 'follow':
      return { ui: followed(model) }
    case 'previous-logs':
      return withService(model, (service) => run(['logs', '--previous', service], false))
    case 'shell':
      return withService(model, (service) => run(['exec', service, '--', 'sh'], true))
    case 'restart':
      return withServices(model, (services) => ({ kind: 'restart', services }))
    case 'rebuild':
      return withServices(model, (services) => ({ kind: 'rebuild', services }))
    case 'resync':
      return confirming(model, 'bring everything again of', (services) => ({ kind: 'resync', services }))
    case 'stop':
      return confirming(model, 'stop', (services) => ({ kind: 'stop', services }))
    case 'scale':
      return scaling(model)
    case 'smoke': {
      const check = chosen('smoke', model)
      return { ui, ...(check !== undefined && { intent: { kind: 'smoke', checks: [check] } }) }
    }
    case 'smoke-all':
      return { ui, intent: { kind: 'smoke', checks: undefined } }
    case 'open': {
      const url = endpoints(model.state).get(chosen('forwards', model) ?? '')?.url
      return { ui, ...(url !== undefined && { intent: { kind: 'open', url } }) }
    }
    case 'help':
      return { ui: { ...ui, help: 0 } }
    case 'quit':
      return leaving(model)
    case 'end':
      return ending(ui)
    default:
      return action satisfies never
  }
}

function answered(key: Key, ui: UiState): Pressed {
  const { question } = ui
  const next = { ...ui, question: undefined }
  if (question?.kind === 'confirm') return { ui: next, ...(key.name === 'y' && { intent: question.intent }) }
  const then = onExitKeys[key.name]
  return { ui: next, ...(then && { intent: { kind: 'quit', then } }) }
}

function focused(ui: UiState, focus: PaneName): UiState {
  return { ...ui, focus, details: undefined, help: undefined }
}

/** From the innermost out: help, details, zoom, what narrows the list. */
function back(ui: UiState): UiState {
  if (ui.help !== undefined) return { ...ui, help: undefined }
  if (ui.details) return { ...ui, details: undefined, logs: { ...ui.logs, still: undefined } }
  if (ui.isZoomed) return { ...ui, isZoomed: false }
  if (ui.focus === 'logs' && ui.logs.search !== '') return { ...ui, logs: { ...ui.logs, search: '' } }
  if (ui.focus !== 'services') return { ...ui, focus: 'services' }
  return { ...ui, filter: '', isFaultsOnly: false, marked: new Set() }
}

function opened(model: Model, tab: TabName): UiState {
  const { ui } = model
  const resource = ui.details?.resource ?? chosen('services', model)
  if (resource === undefined) return ui
  return { ...ui, details: { resource, tab, down: 0 }, logs: { ...ui.logs, still: undefined } }
}

function turned(ui: UiState, by: number): UiState {
  const { details } = ui
  return details ? { ...ui, details: { ...details, tab: after(tabNames, details.tab, by), down: 0 } } : ui
}

function asking(ui: UiState, purpose: 'filter' | 'search' | 'command', text: string): UiState {
  return { ...ui, input: { purpose, text, before: text, subject: '' } }
}

function marked(model: Model): UiState {
  const { ui } = model
  const here = chosen('services', model)
  if (here === undefined) return ui
  const next = new Set(ui.marked)
  if (!next.delete(here)) next.add(here)
  return { ...ui, marked: next }
}

function followed(model: Model): UiState {
  const { logs } = model.ui
  if (logs.still) return { ...model.ui, logs: { ...logs, still: undefined } }
  const upTo = model.logs.newest()
  const isEmpty =
    model.logs.count({ service: serviceOfLogs(model), upTo, matches: matcherOf(logs.search) }) === 0
  return isEmpty ? model.ui : { ...model.ui, logs: { ...logs, still: { upTo, back: 0 } } }
}

function scaling(model: Model): Pressed {
  const { ui, state } = model
  const subject = targetsOf(model)[0]
  if (subject === undefined) return { ui }
  const text = String(state.resources.get(`service/${subject}`)?.replicas?.wanted ?? 1)
  return { ui: { ...ui, input: { purpose: 'replicas', text, before: text, subject } } }
}

function withService(model: Model, intent: (service: string) => Intent): Pressed {
  const service = serviceOfLogs({
    ...model,
    ui: { ...model.ui, logs: { ...model.ui.logs, isMerged: false } },
  })
  return { ui: model.ui, ...(service !== undefined && { intent: intent(service) }) }
}

function withServices(model: Model, intent: (services: readonly string[]) => Intent): Pressed {
  const services = targetsOf(model)
  if (services.length === 0) return { ui: model.ui }
  return { ui: { ...model.ui, marked: new Set() }, intent: intent(services) }
}

function confirming(model: Model, verb: string, intent: (services: readonly string[]) => Intent): Pressed {
  const services = targetsOf(model)
  if (services.length === 0) return { ui: model.ui }
  const text = `${verb} ${services.join(', ')}?`
  return { ui: { ...model.ui, question: { kind: 'confirm', text, intent: intent(services) } } }
}

/** Those that are marked, or the one in question. */
function targetsOf({ state, ui }: Model): readonly string[] {
  const ids = ui.details
    ? [ui.details.resource]
    : ui.marked.size > 0
      ? [...ui.marked]
      : [chosen('services', { state, ui }) ?? '']
  return ids.flatMap((id) => (id.startsWith('service/') ? [id.slice('service/'.length)] : []))
}

function run(words: readonly string[], isInteractive: boolean): Intent {
  return { kind: 'run', words, isInteractive }
}

function after<T>(items: readonly T[], item: T, by: number): T {
  return items[(items.indexOf(item) + by + items.length) % items.length] ?? item
}
