import type { EventType } from '../../state/events.ts'
import { definitions } from './definitions.ts'
import {
  count,
  list,
  mapOf,
  milliseconds,
  moment,
  object,
  oneOf,
  only,
  ref,
  text,
  type JsonSchema,
} from './build.ts'

type Members = Readonly<Record<string, JsonSchema>>

interface EventShape {
  readonly description: string
  readonly required: Members
  readonly optional?: Members
}

const plannedStep = object(
  'A step that is going to be done.',
  { id: text, resource: ref('resource'), op: ref('op'), cause: text },
  { destroys: text },
)

/** Every event by its type; `type` and `at` are added to all. */
const events: Readonly<Record<EventType, EventShape>> = {
  'run.started': {
    description: 'A command begins its work on a stack.',
    required: { command: text, stack: text, project: text, target: text, profiles: list(text) },
  },
  'run.finished': { description: 'It is done.', required: { exitCode: count, milliseconds } },
  'diagnostic.reported': {
    description: 'A finding about the stack.',
    required: { diagnostic: ref('diagnostic') },
  },
  'message.reported': { description: 'A note for a person.', required: { text } },
  'plan.made': {
    description: 'What is going to be done. In `dev` each edit makes a plan of the next generation.',
    required: { generation: count, steps: list(plannedStep), unchanged: count },
  },
  'step.held': {
    description: 'A step waits, and why.',
    required: { step: text, resource: ref('resource'), reason: text },
  },
  'step.started': {
    description: 'A step begins, and why it is done.',
    required: { step: text, resource: ref('resource'), op: ref('op'), cause: text },
  },
  'step.progressed': {
    description: 'How far a long step is.',
    required: { resource: ref('resource'), text },
  },
  'step.finished': {
    description: 'A step reached its goal.',
    required: { step: text, resource: ref('resource'), op: ref('op'), milliseconds },
  },
  'step.failed': {
    description: 'A step did not reach its goal.',
    required: { step: text, resource: ref('resource'), op: ref('op'), failure: ref('failure') },
  },
  'step.cancelled': {
    description: 'A step is not done: superseded, interrupted, or what it needs failed.',
    required: { step: text, resource: ref('resource'), reason: text },
  },
  'resource.changed': {
    description: 'A resource was seen in another state.',
    required: { resource: ref('resource'), health: ref('health'), detail: text },
    optional: {
      replicas: object('How many are ready, and how many there should be.', { ready: count, wanted: count }),
      drift: text,
      facts: mapOf({ type: ['string', 'number'] }),
    },
  },
  'build.logged': { description: 'A line of a build.', required: { resource: ref('resource'), text } },
  'log.written': {
    description: 'A line of a service.',
    required: { service: text, replica: count, stream: oneOf(['stdout', 'stderr']), text },
  },
  'files.changed': { description: 'Files were edited.', required: { paths: list(text) } },
  'edit.classified': {
    description: 'What an edited file means, and by which rule.',
    required: { path: text, services: list(text), update: text, rule: text },
  },
  'smoke.started': { description: 'A smoke test begins.', required: { check: text } },
  'smoke.passed': { description: 'It passed.', required: { check: text, milliseconds, tries: count } },
  'smoke.failed': {
    description: 'It failed in every try.',
    required: { check: text, milliseconds, failure: ref('failure') },
  },
  'url.opened': {
    description: 'Where an exposed port answers.',
    required: { service: text, port: text, url: text },
  },
  'forward.changed': {
    description: 'A port of a service on this machine, with the connections that are open through it.',
    required: { service: text, port: text, url: text, open: count },
    optional: { problem: text },
  },
}

/** One line of `--progress json` and of `events.jsonl`: an event, or last the reason why the command failed. */
export function eventSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'iamstack event',
    description: 'One line of `--progress json`, and of `events.jsonl` in the folder of `--report-dir`.',
    oneOf: [...Object.entries(events).map(([type, shape]) => eventOf(type, shape)), ref('commandFailed')],
    definitions,
  }
}

function eventOf(type: string, { description, required, optional }: EventShape): JsonSchema {
  return object(description, { type: only(type), at: moment, ...required }, optional)
}
