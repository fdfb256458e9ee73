import type { Intent, OnExit } from '../src/state/screen.ts'
import type { Tone } from './row.ts'

/** Panes in the order of their numbers. */
export const paneNames = ['services', 'forwards', 'smoke', 'logs', 'events'] as const
export type PaneName = (typeof paneNames)[number]

export const tabNames = ['logs', 'why', 'describe', 'plan'] as const
export type TabName = (typeof tabNames)[number]

/** What the person chose to see; everything else on the screen is the state. */
export interface UiState {
  readonly focus: PaneName
  /** The pane with the focus has the whole screen. */
  readonly isZoomed: boolean
  /** The chosen row of each list, by what it is: rows that come and go do not move it. */
  readonly cursor: Readonly<Partial<Record<PaneName, string>>>
  readonly filter: string
  readonly isFaultsOnly: boolean
  readonly marked: ReadonlySet<string>
  readonly logs: LogsView
  /** Rows between the newest event and the last one shown. */
  readonly eventsBack: number
  readonly details: { readonly resource: string; readonly tab: TabName; readonly down: number } | undefined
  /** How far the help is scrolled; undefined while it is not open. */
  readonly help: number | undefined
  readonly input: Input | undefined
  readonly question: Question | undefined
  /** The last word of the program to the person; the next key takes it away. */
  readonly notice: { readonly text: string; readonly tone: Tone } | undefined
}

export interface LogsView {
  /** All services, merged by arrival, or the one under the cursor. */
  readonly isMerged: boolean
  readonly isWrapped: boolean
  readonly hasTime: boolean
  /** Only lines with this; with `!` before it, only lines without. */
  readonly search: string
  /** Undefined: the newest line is shown, and every new one. Otherwise the view stands still at a line. */
  readonly still: { readonly upTo: number; readonly back: number } | undefined
}

/** A line that is being typed. */
export interface Input {
  readonly purpose: 'filter' | 'search' | 'command' | 'replicas'
  readonly text: string
  /** What the line was before, for escape. */
  readonly before: string
  readonly subject: string
}

export type Question =
  | { readonly kind: 'quit' }
  /** `y` does it; any other key does not. */
  | { readonly kind: 'confirm'; readonly text: string; readonly intent: Intent }

export const onExitKeys: Readonly<Record<string, OnExit>> = { k: 'keep', s: 'stop', d: 'down' }

export const initialUi: UiState = {
  focus: 'services',
  isZoomed: false,
  cursor: {},
  filter: '',
  isFaultsOnly: false,
  marked: new Set(),
  logs: { isMerged: false, isWrapped: false, hasTime: true, search: '', still: undefined },
  eventsBack: 0,
  details: undefined,
  help: undefined,
  input: undefined,
  question: undefined,
  notice: undefined,
}
