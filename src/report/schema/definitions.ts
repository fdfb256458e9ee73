import type { Health, ResourceKind } from '../../plan/resource.ts'
import type { Op } from '../../plan/step.ts'
import type { Severity } from '../../stack/diagnostics.ts'
import {
  count,
  flag,
  list,
  moment,
  object,
  oneOf,
  only,
  ref,
  text,
  type DefinitionName,
  type JsonSchema,
} from './build.ts'

// Records rather than lists: a new member of a union is an error here until it is published.
const ops = Object.keys({
  create: true,
  update: true,
  replace: true,
  restart: true,
  reload: true,
  sync: true,
  scale: true,
  build: true,
  deliver: true,
  run: true,
  wait: true,
  stop: true,
  delete: true,
} satisfies Record<Op, true>)

const healths = Object.keys({
  absent: true,
  starting: true,
  ready: true,
  degraded: true,
  failed: true,
} satisfies Record<Health, true>)

const kinds = Object.keys({
  cluster: true,
  namespace: true,
  image: true,
  delivery: true,
  network: true,
  volume: true,
  files: true,
  config: true,
  secret: true,
  cert: true,
  job: true,
  service: true,
  route: true,
  manifest: true,
  chart: true,
  gateway: true,
} satisfies Record<ResourceKind, true>)

const severities = Object.keys({ error: true, warning: true, info: true } satisfies Record<Severity, true>)

const holder = object('Who holds the lock.', {
  pid: count,
  host: text,
  user: text,
  purpose: text,
  since: moment,
  heartbeat: moment,
})

/** What a command prints when it ends with an error: exactly one way of saying why. */
const commandFailed: JsonSchema = {
  ...object(
    'Why a command ended; printed where JSON was asked for.',
    { type: only('command.failed'), exitCode: count },
    { diagnostics: list(ref('diagnostic')), failure: ref('failure'), message: text, holder },
  ),
  oneOf: [{ required: ['diagnostics'] }, { required: ['failure'] }, { required: ['message'] }],
}

export const definitions: Readonly<Record<DefinitionName, JsonSchema>> = {
  span: object('A place in a file, counted from 1.', {
    file: text,
    line: count,
    column: count,
    length: count,
  }),
  diagnostic: object(
    'One finding about the stack, its profiles or files. `code` is stable.',
    { code: text, severity: oneOf(severities), message: text },
    {
      span: ref('span'),
      hint: text,
      related: list(object('Another place that explains it.', { span: ref('span'), message: text })),
      isConfidential: flag,
    },
  ),
  failure: object(
    'Why a step or check did not reach its goal, with what a person would look up next.',
    { kind: text, message: text, evidence: list(text) },
    { span: ref('span'), hint: text },
  ),
  resource: {
    type: 'string',
    pattern: `^(${kinds.join('|')})/.+$`,
    description: 'A resource, kind/name.',
    examples: ['service/api'],
  },
  op: { ...oneOf(ops), description: 'What is done to a resource.' },
  health: oneOf(healths),
  commandFailed,
}
