import type { Event } from '../src/state/events.ts'
import { duration } from '../src/report/words.ts'
import type { Tone } from './row.ts'
import { harmless } from './text.ts'

/** An event as the events pane tells it. */
export interface EventLine {
  /** Epoch milliseconds. */
  readonly at: number
  readonly subject: string
  readonly text: string
  readonly tone: Tone | undefined
}

/** Undefined for what other panes show: logs, counters, states that were merely looked at. */
export function eventLine(event: Event): EventLine | undefined {
  const line = (subject: string, text: string, tone?: Tone): EventLine => ({
    at: event.at,
    subject: subject.replace(/^(service|job)\//, ''),
    text: harmless(text),
    tone,
  })
  switch (event.type) {
    case 'run.started':
      return line(event.project, `${event.command} on ${event.target}`)
    case 'run.finished':
      return line('iamstack', `ended with ${event.exitCode} after ${duration(event.milliseconds)}`)
    case 'diagnostic.reported':
      return line(
        'stack file',
        event.diagnostic.message,
        event.diagnostic.severity === 'error' ? 'bad' : 'busy',
      )
    case 'message.reported':
      return line('iamstack', event.text, 'quiet')
    case 'plan.made':
      return event.steps.length === 0
        ? line('plan', `nothing to do: ${event.unchanged} resources are as the stack says`, 'quiet')
        : line('plan', `${event.steps.length} steps, ${event.unchanged} unchanged`)
    case 'step.held':
      return line(event.resource, event.reason, 'quiet')
    case 'step.started':
      return event.op === 'wait' ? undefined : line(event.resource, `${event.op}: ${event.cause}`, 'busy')
    case 'step.finished':
      return line(event.resource, `${event.op} done in ${duration(event.milliseconds)}`, 'good')
    case 'step.failed':
      return line(event.resource, `${event.op} failed: ${event.failure.message}`, 'bad')
    case 'step.cancelled':
      return line(event.resource, `not done: ${event.reason}`, 'quiet')
    case 'files.changed':
      return line('files', `changed: ${event.paths.join(', ')}`)
    case 'edit.classified':
      return line(event.services.join(', ') || 'nothing', `${event.update}: ${event.path} (${event.rule})`)
    case 'smoke.passed':
      return line('smoke', `${event.check} passed in ${duration(event.milliseconds)}`, 'good')
    case 'smoke.failed':
      return line('smoke', `${event.check} failed: ${event.failure.message}`, 'bad')
    case 'url.opened':
      return line(event.service, `${event.port}: ${event.url}`)
    case 'step.progressed':
    case 'resource.changed':
    case 'build.logged':
    case 'log.written':
    case 'smoke.started':
    case 'forward.changed':
      return undefined
    default:
      return event satisfies never
  }
}
