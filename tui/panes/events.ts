import { clockTime } from '../../src/report/words.ts'
import type { EventLine } from '../event-line.ts'
import type { Model } from '../model.ts'
import { span, type Row } from '../row.ts'
import { cells, fit } from '../text.ts'
import type { Pane, Space } from './pane.ts'

/** What happened, newest last. */
export function eventsPane({ events, ui }: Model, space: Space): Pane {
  const end = Math.max(0, events.length - ui.eventsBack)
  const shown = events.slice(Math.max(0, end - space.height), end)
  const subject = Math.min(Math.max(0, ...shown.map((each) => cells(each.subject))), 18)
  return {
    title: 'Events',
    aside: ui.eventsBack > 0 ? `${ui.eventsBack} back` : '',
    rows: shown.length > 0 ? shown.map((each) => eventRow(each, subject)) : [[span(' none yet', 'quiet')]],
  }
}

export function eventRow(event: EventLine, subject: number): Row {
  return [
    span(` ${clockTime(event.at).slice(0, 8)} `, 'quiet'),
    span(`${fit(event.subject, subject)}  `),
    span(event.text, event.tone),
  ]
}
