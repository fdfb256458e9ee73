import type { LogEntry } from '../../src/state/log-buffers.ts'
import { clockTime } from '../../src/report/words.ts'
import { chosenService, textFilter, type Model } from '../model.ts'
import { span, type Row, type Span, type Tone } from '../row.ts'
import { cells, fit, harmless, wrap } from '../text.ts'
import type { Pane, Space } from './pane.ts'

/** The end of a log, or where the reader stands in it. */
export function logsPane(model: Model, space: Space): Pane {
  const { isMerged, isWrapped, search, still } = model.ui.logs
  const service = serviceOfLogs(model)
  const entries = model.logs.read({
    service,
    upTo: still?.upTo,
    skip: still?.back ?? 0,
    count: space.height,
    matches: matcherOf(search),
  })
  // A line takes one row at least, so the newest of them fill the pane whatever the others take.
  const rows: Row[] = []
  for (let index = entries.length - 1; index >= 0 && rows.length < space.height; index -= 1) {
    const entry = entries[index]
    if (entry) rows.unshift(...rowsOf(entry, model, space.width))
  }
  return {
    title: 'Logs',
    aside: [
      isMerged ? 'all services' : (service ?? ''),
      still ? `${still.back} back` : 'following',
      isWrapped ? 'wrapped' : '',
      search === '' ? '' : `/${search}`,
    ]
      .filter((part) => part !== '')
      .join('  '),
    rows: rows.length > 0 ? rows.slice(-space.height) : [[span(nothing(model, service), 'quiet')]],
  }
}

/** Undefined: those of all. */
export function serviceOfLogs(model: Pick<Model, 'state' | 'ui'>): string | undefined {
  const { details, logs } = model.ui
  if (details) return details.resource.replace(/^[a-z]+\//, '')
  return logs.isMerged ? undefined : chosenService(model)
}

export function matcherOf(search: string): ((entry: LogEntry) => boolean) | undefined {
  if (search === '') return undefined
  const matches = textFilter(search)
  return ({ text }) => matches(text)
}

function nothing({ ui }: Model, service: string | undefined): string {
  if (ui.logs.search !== '') return ` no line for ${ui.logs.search}`
  return service === undefined ? ' no lines yet' : ` ${service} has written nothing yet`
}

function rowsOf(entry: LogEntry, { ui, state }: Model, width: number): Row[] {
  const { hasTime, isMerged, isWrapped } = ui.logs
  const replicas = state.resources.get(`service/${entry.service}`)?.replicas?.wanted ?? entry.replica
  const head: Span[] = [
    ...(hasTime ? [span(` ${clockTime(entry.time).slice(0, 8)}`, 'quiet')] : []),
    ...(isMerged && !ui.details ? [span(` ${fit(entry.service, nameWidth)}`, toneOf(entry.service))] : []),
    ...(replicas > 1 ? [span(` #${entry.replica}`, 'accent')] : []),
    span(' '),
  ]
  const used = head.reduce((sum, { text }) => sum + cells(text), 0)
  const body = harmless(entry.text)
  const tone: Tone | undefined = entry.stream === 'stderr' ? 'busy' : undefined
  if (!isWrapped) return [[...head, span(body, tone)]]
  return wrap(body, Math.max(8, width - used)).map((line, index) => [
    ...(index === 0 ? head : [span(' '.repeat(used))]),
    span(line, tone),
  ])
}

const nameWidth = 14

/** Always the same one for the same name. */
function toneOf(service: string): Tone {
  const tones = ['accent', 'good', 'drift', 'busy'] as const
  let sum = 0
  for (let index = 0; index < service.length; index += 1) sum += service.charCodeAt(index)
  return tones[sum % tones.length] ?? 'accent'
}
