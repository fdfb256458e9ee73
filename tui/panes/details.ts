import { clockTime, duration } from '../../src/report/words.ts'
import type { Failure } from '../../src/state/events.ts'
import type { ResourceState } from '../../src/state/state.ts'
import { nameOf, type Model } from '../model.ts'
import { span, type Row } from '../row.ts'
import { signs, situationOf } from '../sign.ts'
import { cells, fit, harmless, wrap } from '../text.ts'
import { tabNames, type TabName } from '../ui-state.ts'
import { eventRow } from './events.ts'
import { logsPane } from './logs.ts'
import { reasonOf } from './services.ts'
import type { Pane, Space } from './pane.ts'

/** Everything about one resource, a tab at a time. */
export function detailsPane(model: Model, space: Space): Pane {
  const { details } = model.ui
  const resource = [...model.state.resources.values()].find(({ id }) => id === details?.resource)
  if (!details || !resource) return { title: 'Details', aside: '', rows: [[span(' it is gone', 'quiet')]] }
  const title = harmless(nameOf(resource))
  const head = tabRow(details.tab)
  if (details.tab === 'logs') {
    const logs = logsPane(model, { ...space, height: space.height - 1 })
    return { title, aside: logs.aside, rows: [head, ...logs.rows] }
  }
  const rows = rowsOf(details.tab, resource, model, space.width)
  const first = Math.min(details.down, Math.max(0, rows.length - (space.height - 1)))
  return { title, aside: '', rows: [head, ...rows.slice(first, first + space.height - 1)] }
}

function tabRow(open: TabName): Row {
  return tabNames.flatMap((name) => [
    span(' '),
    { text: ` ${name} `, inverse: name === open, tone: name === open ? undefined : ('quiet' as const) },
  ])
}

function rowsOf(
  tab: Exclude<TabName, 'logs'>,
  resource: ResourceState,
  model: Model,
  width: number,
): readonly Row[] {
  switch (tab) {
    case 'why':
      return whyRows(resource, model, width)
    case 'describe':
      return describeRows(resource, width)
    case 'plan':
      return planRows(resource, model)
    default:
      return tab satisfies never
  }
}

/** The diagnosis: what it says of itself, where the stack file speaks of it, what it wrote last, what happened to it. */
function whyRows(resource: ResourceState, { events, logs }: Model, width: number): readonly Row[] {
  const name = nameOf(resource)
  const happened = events.filter(({ subject }) => subject === name).slice(-20)
  const lines = logs.read({ service: name, upTo: undefined, skip: 0, count: 8, matches: undefined })
  return [
    [],
    ...(resource.failure
      ? failureRows(resource.failure, width)
      : [[span(' '), signs[situationOf(resource)], span(` ${reasonOf(resource) || resource.detail}`)]]),
    ...section(
      'what it wrote last',
      lines.map(({ text }) => [span(`   ${harmless(text)}`, 'quiet')]),
    ),
    ...section(
      'what happened',
      happened.map((each) => eventRow(each, cells(name))),
    ),
  ]
}

export function failureRows({ message, evidence, hint, span: place }: Failure, width: number): Row[] {
  const text = (words: string, tone?: 'bad' | 'quiet' | 'accent'): Row[] =>
    wrap(harmless(words), width - 4).map((line) => [span(`   ${line}`, tone)])
  return [
    [span(' '), signs.failed, span(` ${harmless(message.split('\n', 1)[0] ?? '')}`, 'bad')],
    ...message
      .split('\n')
      .slice(1)
      .flatMap((line) => text(line, 'bad')),
    ...(place ? text(`${place.file}:${place.line}:${place.column}`, 'accent') : []),
    ...evidence.flatMap((line) => text(`│ ${line}`, 'quiet')),
    ...(hint === undefined ? [] : text(`→ ${hint}`)),
  ]
}

function describeRows(resource: ResourceState, width: number): readonly Row[] {
  const { id, health, detail, replicas, last, since, drift, facts } = resource
  const pairs: [string, string][] = [
    ['resource', id],
    ['health', health],
    ['detail', detail],
    ['since', clockTime(since)],
    ...(replicas ? [['replicas', `${replicas.ready} of ${replicas.wanted} ready`] as [string, string]] : []),
    ...(drift === undefined ? [] : [['drift', drift] as [string, string]]),
    ...(last
      ? [['last step', `${last.op}: ${last.cause}, in ${duration(last.milliseconds)}`] as [string, string]]
      : []),
    ...Object.entries(facts).map(([name, value]): [string, string] => [name, factText(name, value)]),
  ]
  const widest = Math.max(...pairs.map(([name]) => cells(name)))
  return [
    [],
    ...pairs.flatMap(([name, value]) =>
      wrap(harmless(value), Math.max(8, width - widest - 4)).map((line, index): Row => [
        span(` ${fit(index === 0 ? harmless(name) : '', widest)}  `, 'quiet'),
        span(line),
      ]),
    ),
  ]
}

function factText(name: string, value: string | number): string {
  const isMoment = typeof value === 'number' && /At$/.test(name)
  return isMoment ? new Date(value).toISOString() : String(value)
}

function planRows(resource: ResourceState, { state }: Model): readonly Row[] {
  if (state.plan.length === 0) return [[], [span(' the last plan had nothing to do', 'quiet')]]
  return [
    [],
    ...state.plan.map(({ resource: id, op, cause, destroys }): Row => {
      const isIts = id === resource.id
      return [
        span(isIts ? ' ▸ ' : '   ', 'accent'),
        { ...span(`${op} ${id}`), bold: isIts },
        span(`  ${harmless(cause)}`, 'quiet'),
        ...(destroys === undefined ? [] : [span(`  destroys ${harmless(destroys)}`, 'bad')]),
      ]
    }),
  ]
}

function section(title: string, rows: readonly Row[]): Row[] {
  return rows.length === 0 ? [] : [[], [span(` ${title}`, undefined, true)], ...rows]
}
