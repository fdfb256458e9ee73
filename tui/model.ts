import type { LogBuffers } from '../src/state/log-buffers.ts'
import type { OnExit, Verb } from '../src/state/screen.ts'
import type { ResourceState, State } from '../src/state/state.ts'
import type { EventLine } from './event-line.ts'
import type { Size } from './row.ts'
import type { PaneName, UiState } from './ui-state.ts'

/** All that a frame is a function of. */
export interface Model {
  readonly state: State
  readonly ui: UiState
  readonly size: Size
  readonly logs: LogBuffers
  /** Oldest first, bounded by who keeps them. */
  readonly events: readonly EventLine[]
  readonly verbs: readonly Verb[]
  readonly onExit: OnExit | undefined
  /** Leaving ends nothing: another process runs `dev`. */
  readonly isAttached: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/** Services, jobs and gateways: what runs. Networks, volumes and the like are seen only while something is wrong or in progress. */
export function listedResources({ state, ui }: Pick<Model, 'state' | 'ui'>): ResourceState[] {
  const matches = textFilter(ui.filter)
  return [...state.resources.values()].filter(
    (resource) =>
      (runs(resource) || isInTrouble(resource) || resource.step !== undefined) &&
      (!ui.isFaultsOnly || isInTrouble(resource)) &&
      matches(nameOf(resource)),
  )
}

export function runs({ id }: ResourceState): boolean {
  return /^(service|job|gateway)\//.test(id)
}

export function isInTrouble({ health, failure }: ResourceState): boolean {
  return failure !== undefined || health === 'failed' || health === 'degraded'
}

/** Services and jobs are known by their name; other things by kind and name. */
export function nameOf({ id }: Pick<ResourceState, 'id'>): string {
  return id.replace(/^(service|job)\//, '')
}

/** `text` contains, `!text` does not; capitals do not matter. */
export function textFilter(filter: string): (text: string) => boolean {
  const isWithout = filter.startsWith('!')
  const wanted = isWithout ? filter.slice(1) : filter
  if (wanted === '') return () => true
  // An expression, for it finds small letters and capitals without a copy of every line.
  const expression = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i')
  return (text) => expression.test(text) !== isWithout
}

/** What can be chosen in a pane, in the order in which it is shown. */
export function keysOf(pane: PaneName, model: Pick<Model, 'state' | 'ui'>): readonly string[] {
  switch (pane) {
    case 'services':
      return listedResources(model).map(({ id }) => id)
    case 'forwards':
      return [...endpoints(model.state).keys()]
    case 'smoke':
      return [...model.state.smoke.keys()]
    case 'logs':
    case 'events':
      return []
    default:
      return pane satisfies never
  }
}

/** The row under the cursor: the chosen one while it is there, otherwise the first. */
export function chosen(pane: PaneName, model: Pick<Model, 'state' | 'ui'>): string | undefined {
  const keys = keysOf(pane, model)
  const wanted = model.ui.cursor[pane]
  return wanted !== undefined && keys.includes(wanted) ? wanted : keys[0]
}

/** The service under the cursor, where it is one that has logs. */
export function chosenService(model: Pick<Model, 'state' | 'ui'>): string | undefined {
  const resource = chosen('services', model)
  return resource === undefined ? undefined : /^(?:service|job|gateway)\/(.+)$/.exec(resource)?.[1]
}

export interface Endpoint {
  readonly service: string
  readonly port: string
  readonly url: string
  readonly open: number | undefined
  readonly problem: string | undefined
}

/** Forwards and published ports alike, by `service:port`. */
export function endpoints({ urls, forwards }: State): ReadonlyMap<string, Endpoint> {
  const all = new Map<string, Endpoint>()
  for (const { service, port, url } of urls)
    all.set(`${service}:${port}`, { service, port, url, open: undefined, problem: undefined })
  for (const [key, { service, port, url, open, problem }] of forwards)
    all.set(key, { service, port, url, open, problem })
  return all
}
