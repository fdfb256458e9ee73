import type { Event, Failure } from '../state/events.ts'
import { locationOf } from '../stack/diagnostics.ts'
import type { Style } from './style.ts'
import { clockTime, duration, visible } from './words.ts'

/** One event as aligned, greppable lines: time, subject, verb, text. No line for what only a machine wants to know. */
export function plainLines(event: Event, style: Style): string[] {
  const line = (
    subject: string,
    verb: string,
    text: string,
    paint: (text: string) => string = style.dim,
  ): string =>
    `${style.dim(clockTime(event.at))}  ${style.bold(subject.padEnd(18))} ${paint(verb.padEnd(10))} ${visible(text)}`.trimEnd()
  switch (event.type) {
    case 'run.started':
      return [
        line(
          event.project,
          event.command,
          `${event.target}${event.profiles.length > 0 ? ` (profile ${event.profiles.join(', ')})` : ''}`,
        ),
      ]
    case 'run.finished':
      return [
        line(
          'iamstack',
          event.exitCode === 0 ? 'done' : 'ended',
          `${event.exitCode === 0 ? 'in' : `exit code ${event.exitCode} after`} ${duration(event.milliseconds)}`,
        ),
      ]
    case 'message.reported':
      return [line('iamstack', 'note', event.text)]
    case 'plan.made':
      return event.steps.length === 0
        ? [line('plan', 'empty', `${event.unchanged} resources are as the stack says`)]
        : [line('plan', 'made', `${event.steps.length} steps, ${event.unchanged} unchanged`)]
    case 'step.held':
      return [line(subject(event.resource), 'held', event.reason)]
    case 'step.started':
      return [line(subject(event.resource), event.op, event.cause, style.yellow)]
    case 'step.progressed':
      return [line(subject(event.resource), 'goes on', event.text)]
    case 'step.finished':
      return [
        line(subject(event.resource), finished[event.op], `in ${duration(event.milliseconds)}`, style.green),
      ]
    case 'step.failed':
    case 'smoke.failed':
      return [
        line(
          event.type === 'step.failed' ? subject(event.resource) : 'smoke',
          'failed',
          withPlace(
            event.type === 'step.failed' ? event.failure.message : `${event.check}: ${event.failure.message}`,
            event.failure,
          ),
          style.red,
        ),
        ...event.failure.evidence.map((text) => `${' '.repeat(14)}${style.dim('│')} ${visible(text)}`),
        ...(event.failure.hint === undefined
          ? []
          : [`${' '.repeat(14)}${style.dim('→')} ${event.failure.hint}`]),
      ]
    case 'step.cancelled':
      return [line(subject(event.resource), 'not done', event.reason)]
    case 'build.logged':
      return [line(subject(event.resource), 'builds', event.text)]
    case 'log.written':
      return [line(event.service, event.replica > 1 ? `#${event.replica}` : '', event.text)]
    case 'files.changed':
      return [
        line(
          'files',
          'changed',
          event.paths.length > 3
            ? `${event.paths.slice(0, 3).join(', ')} and ${event.paths.length - 3} more`
            : event.paths.join(', '),
        ),
      ]
    case 'edit.classified':
      return [line(event.services.join(', ') || 'nothing', event.update, `${event.path}: ${event.rule}`)]
    case 'smoke.started':
      return []
    case 'smoke.passed':
      return [
        line(
          'smoke',
          'passed',
          `${event.check} in ${duration(event.milliseconds)}${event.tries > 1 ? `, try ${event.tries}` : ''}`,
          style.green,
        ),
      ]
    case 'url.opened':
      return [line(event.service, 'url', `${event.port}  ${event.url}`)]
    case 'diagnostic.reported':
    case 'resource.changed':
    case 'forward.changed':
      return []
    default:
      return event satisfies never
  }
}

const finished = {
  create: 'ready',
  update: 'updated',
  replace: 'ready',
  restart: 'ready',
  reload: 'reloaded',
  sync: 'live',
  build: 'built',
  deliver: 'delivered',
  run: 'completed',
  scale: 'scaled',
  stop: 'stopped',
  delete: 'deleted',
  wait: 'ready',
} as const

/** Services and jobs are known by their name; other things by kind and name. */
function subject(resource: string): string {
  return resource.replace(/^(service|job)\//, '')
}

function withPlace(message: string, failure: Failure): string {
  return failure.span ? `${message} (${locationOf(failure.span)})` : message
}
