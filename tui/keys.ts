import type { UiState } from './ui-state.ts'

/** What a key can mean. */
export type Action =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'pane'
  | 'next-pane'
  | 'previous-pane'
  | 'zoom'
  | 'unzoom'
  | 'open-details'
  | 'back'
  | 'next-tab'
  | 'previous-tab'
  | 'describe'
  | 'why'
  | 'filter'
  | 'palette'
  | 'faults'
  | 'mark'
  | 'logs'
  | 'previous-logs'
  | 'wrap'
  | 'time'
  | 'follow'
  | 'search'
  | 'merge'
  | 'shell'
  | 'restart'
  | 'rebuild'
  | 'resync'
  | 'scale'
  | 'stop'
  | 'smoke'
  | 'smoke-all'
  | 'open'
  | 'help'
  | 'quit'
  | 'end'

/** Where a key has this meaning. What the pane itself means by it wins over `anywhere`. */
export type Scope = 'anywhere' | 'services' | 'forwards' | 'smoke' | 'logs' | 'events' | 'details'

export interface Binding {
  /** As the terminal names them: a character, or `up`, `enter`, `C-d`. */
  readonly keys: readonly string[]
  /** As a person reads them. */
  readonly shown: string
  readonly action: Action
  readonly scopes: readonly Scope[]
  readonly help: string
  /** What the footer calls it; undefined: only the help names it. */
  readonly footer?: string
}

const anywhere = ['anywhere'] as const
const resources = ['services', 'details'] as const

/** The one table: it handles keys, and the footer and the help are made of it. In the footer the order is the importance. */
export const bindings: readonly Binding[] = [
  {
    keys: ['enter'],
    shown: 'enter',
    action: 'open-details',
    scopes: ['services', 'smoke'],
    help: 'details',
    footer: 'details',
  },
  {
    keys: ['escape'],
    shown: 'esc',
    action: 'back',
    scopes: anywhere,
    help: 'back: details, zoom, filter, marks',
  },
  {
    keys: ['['],
    shown: '[',
    action: 'previous-tab',
    scopes: ['details'],
    help: 'tab of the details before',
  },
  {
    keys: [']'],
    shown: '[ ]',
    action: 'next-tab',
    scopes: ['details'],
    help: 'next tab of the details',
    footer: 'tabs',
  },
  {
    keys: ['f'],
    shown: 'f',
    action: 'follow',
    scopes: ['logs'],
    help: 'follow: the newest line stays in view',
    footer: 'follow',
  },
  {
    keys: ['/'],
    shown: '/',
    action: 'search',
    scopes: ['logs'],
    help: 'only lines with a text, or !text without',
    footer: 'search',
  },
  { keys: ['w'], shown: 'w', action: 'wrap', scopes: ['logs'], help: 'wrap long lines', footer: 'wrap' },
  { keys: ['t'], shown: 't', action: 'time', scopes: ['logs'], help: 'time of each line', footer: 'time' },
  { keys: ['l'], shown: 'l', action: 'logs', scopes: resources, help: 'logs', footer: 'logs' },
  {
    keys: ['p'],
    shown: 'p',
    action: 'previous-logs',
    scopes: [...resources, 'logs'],
    help: 'logs of the instance before',
  },
  {
    keys: ['s'],
    shown: 's',
    action: 'shell',
    scopes: [...resources, 'logs'],
    help: 'shell in a ready replica',
    footer: 'shell',
  },
  {
    keys: ['r'],
    shown: 'r',
    action: 'restart',
    scopes: [...resources, 'logs'],
    help: 'restart',
    footer: 'restart',
  },
  { keys: ['b'], shown: 'b', action: 'rebuild', scopes: resources, help: 'rebuild', footer: 'rebuild' },
  {
    keys: ['m'],
    shown: 'm',
    action: 'merge',
    scopes: ['logs', 'services'],
    help: 'logs of all services, or of one',
    footer: 'merge',
  },
  {
    keys: ['R'],
    shown: 'R',
    action: 'resync',
    scopes: resources,
    help: 'bring everything of it again (asks)',
  },
  { keys: ['d'], shown: 'd', action: 'describe', scopes: resources, help: 'describe' },
  { keys: ['y'], shown: 'y', action: 'why', scopes: resources, help: 'why it is in its state' },
  { keys: ['c'], shown: 'c', action: 'scale', scopes: resources, help: 'another number of replicas' },
  { keys: ['C-d'], shown: 'ctrl-d', action: 'stop', scopes: resources, help: 'stop (asks)' },
  {
    keys: ['space'],
    shown: 'space',
    action: 'mark',
    scopes: ['services'],
    help: 'mark; keys then act on all that are marked',
  },
  {
    keys: ['o', 'enter'],
    shown: 'o',
    action: 'open',
    scopes: ['forwards'],
    help: 'open in a browser',
    footer: 'open',
  },
  { keys: ['t'], shown: 't', action: 'smoke', scopes: ['smoke'], help: 'run this smoke test', footer: 'run' },
  {
    keys: ['T', 't'],
    shown: 't',
    action: 'smoke-all',
    scopes: anywhere,
    help: 'run all smoke tests',
    footer: 'smoke',
  },
  {
    keys: ['/'],
    shown: '/',
    action: 'filter',
    scopes: anywhere,
    help: 'only what is called like this, or !so',
    footer: 'filter',
  },
  { keys: [':'], shown: ':', action: 'palette', scopes: anywhere, help: 'any command', footer: 'command' },
  {
    keys: ['!'],
    shown: '!',
    action: 'faults',
    scopes: anywhere,
    help: 'only what is at fault',
    footer: 'faults only',
  },
  { keys: ['up', 'k'], shown: 'k up', action: 'up', scopes: anywhere, help: 'up' },
  { keys: ['down', 'j'], shown: 'j down', action: 'down', scopes: anywhere, help: 'down' },
  { keys: ['pageup', 'C-b'], shown: 'PgUp', action: 'page-up', scopes: anywhere, help: 'a page up' },
  { keys: ['pagedown', 'C-f'], shown: 'PgDn', action: 'page-down', scopes: anywhere, help: 'a page down' },
  { keys: ['g', 'home'], shown: 'g', action: 'first', scopes: anywhere, help: 'to the beginning' },
  { keys: ['G', 'end'], shown: 'G', action: 'last', scopes: anywhere, help: 'to the end' },
  {
    keys: ['1', '2', '3', '4', '5'],
    shown: '1-5',
    action: 'pane',
    scopes: anywhere,
    help: 'pane by its number',
  },
  { keys: ['tab'], shown: 'tab', action: 'next-pane', scopes: anywhere, help: 'next pane' },
  { keys: ['S-tab'], shown: 'shift-tab', action: 'previous-pane', scopes: anywhere, help: 'pane before' },
  { keys: ['+'], shown: '+', action: 'zoom', scopes: anywhere, help: 'this pane alone' },
  { keys: ['_'], shown: '_', action: 'unzoom', scopes: anywhere, help: 'all panes' },
  { keys: ['?'], shown: '?', action: 'help', scopes: anywhere, help: 'this help', footer: 'help' },
  {
    keys: ['q'],
    shown: 'q',
    action: 'quit',
    scopes: anywhere,
    help: 'leave; asks what becomes of the stack',
    footer: 'quit',
  },
  {
    keys: ['Q'],
    shown: 'Q',
    action: 'end',
    scopes: anywhere,
    help: 'end dev, when attached too (asks)',
  },
]

/** What keys may mean now, the nearest first. */
export function scopesOf({ details, focus }: UiState): readonly Scope[] {
  if (!details) return [focus, 'anywhere']
  return details.tab === 'logs' ? ['logs', 'details', 'anywhere'] : ['details', 'anywhere']
}

export function bindingFor(key: string, ui: UiState): Binding | undefined {
  for (const scope of scopesOf(ui)) {
    const binding = bindings.find((each) => each.keys.includes(key) && each.scopes.includes(scope))
    if (binding) return binding
  }
  return undefined
}

/** What the footer names in a scope: the bindings that a key of theirs would really reach. */
export function footerOf(ui: UiState): readonly Binding[] {
  return bindings.filter(
    (each) => each.footer !== undefined && each.keys.some((key) => bindingFor(key, ui) === each),
  )
}
