import type { Diagnostic, Span } from '../../src/stack/diagnostics.ts'
import type { EventOf, EventType, Failure } from '../../src/state/events.ts'

const span: Span = { file: '/stack/iamstack.yaml', line: 3, column: 5, length: 2 }

export const diagnostic: Required<Diagnostic> = {
  code: 'schema/unknown-key',
  severity: 'error',
  message: 'need is not a key that exists here',
  span,
  hint: 'did you mean `needs`?',
  related: [{ span, message: 'first written here' }],
  isConfidential: true,
}

export const failure: Required<Failure> = {
  kind: 'deploy',
  message: 'api ended with exit code 1',
  evidence: ['cannot connect'],
  span,
  hint: 'iamstack logs api',
}

const step = { step: 'create service/api', resource: 'service/api', op: 'create' } as const

/** One event of every type, with every member that it may have: a new type or member is an error here first. */
export const events: { readonly [T in EventType]: Required<EventOf<T>> } = {
  'run.started': {
    type: 'run.started',
    at: 1,
    command: 'up',
    stack: 'todo',
    project: 'todo-two',
    target: 'compose',
    profiles: ['dev'],
  },
  'run.finished': { type: 'run.finished', at: 1, exitCode: 0, milliseconds: 12.5 },
  'diagnostic.reported': { type: 'diagnostic.reported', at: 1, diagnostic },
  'message.reported': { type: 'message.reported', at: 1, text: 'watching' },
  'plan.made': {
    type: 'plan.made',
    at: 1,
    generation: 2,
    steps: [
      {
        id: step.step,
        resource: step.resource,
        op: step.op,
        cause: 'not there yet',
        destroys: 'the data of data',
      },
    ],
    unchanged: 3,
  },
  'step.held': {
    type: 'step.held',
    at: 1,
    step: step.step,
    resource: step.resource,
    reason: 'waiting for db',
  },
  'step.started': { type: 'step.started', at: 1, ...step, cause: 'not there yet' },
  'step.progressed': { type: 'step.progressed', at: 1, resource: step.resource, text: '3 of 7' },
  'step.finished': { type: 'step.finished', at: 1, ...step, milliseconds: 12.5 },
  'step.failed': { type: 'step.failed', at: 1, ...step, failure },
  'step.cancelled': {
    type: 'step.cancelled',
    at: 1,
    step: step.step,
    resource: step.resource,
    reason: 'db failed',
  },
  'resource.changed': {
    type: 'resource.changed',
    at: 1,
    resource: 'volume/data',
    health: 'ready',
    detail: 'there',
    replicas: { ready: 1, wanted: 2 },
    drift: 'spec.replicas, by kubectl-edit',
    facts: { image: 'redis:7', restarts: 2 },
  },
  'build.logged': { type: 'build.logged', at: 1, resource: 'image/app', text: 'RUN make' },
  'log.written': { type: 'log.written', at: 1, service: 'api', replica: 1, stream: 'stderr', text: 'ready' },
  'files.changed': { type: 'files.changed', at: 1, paths: ['app/main.ts'] },
  'edit.classified': {
    type: 'edit.classified',
    at: 1,
    path: 'app/main.ts',
    services: ['api'],
    update: 'rebuild',
    rule: 'read by COPY',
  },
  'smoke.started': { type: 'smoke.started', at: 1, check: 'healthy' },
  'smoke.passed': { type: 'smoke.passed', at: 1, check: 'healthy', milliseconds: 8, tries: 2 },
  'smoke.failed': { type: 'smoke.failed', at: 1, check: 'healthy', milliseconds: 8, failure },
  'url.opened': { type: 'url.opened', at: 1, service: 'api', port: 'http', url: 'http://localhost:8000' },
  'forward.changed': {
    type: 'forward.changed',
    at: 1,
    service: 'api',
    port: 'http',
    url: 'http://localhost:8000',
    open: 2,
    problem: 'no pod is ready',
  },
}
