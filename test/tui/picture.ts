import { createLogBuffers, type LogBuffers } from '../../src/state/log-buffers.ts'
import type { Verb } from '../../src/state/screen.ts'
import type { State } from '../../src/state/state.ts'
import { createStore, type Store } from '../../src/state/store.ts'
import type { Event } from '../../src/state/events.ts'
import type { ResourceId } from '../../src/plan/resource.ts'
import { eventLine, type EventLine } from '../../tui/event-line.ts'
import type { Model } from '../../tui/model.ts'
import { textOf } from '../../tui/row.ts'
import { initialUi, type UiState } from '../../tui/ui-state.ts'
import { frame } from '../../tui/view-model.ts'

/** A quarter to one in the afternoon, wherever the test runs. */
export const noon = new Date(2026, 10, 21, 12, 41, 7).getTime()
const at = (seconds: number): number => noon - seconds * 1000

export const verbs: readonly Verb[] = [
  { name: 'restart', summary: 'restart services', completes: 'service' },
  { name: 'rollback', summary: 'go back to a revision', completes: undefined },
  { name: 'render', summary: 'show the stack', completes: undefined },
  { name: 'logs', summary: 'lines of services', completes: 'service' },
]

/** The situation of docs: most is well, one service is updated, one fails, one waits for it. */
export function pictureEvents(): readonly Event[] {
  const events: Event[] = [
    {
      type: 'run.started',
      at: at(720),
      command: 'dev',
      stack: 'iam',
      project: 'iam',
      target: 'kind',
      profiles: ['kind'],
    },
  ]
  const ready = (id: ResourceId, image: string, count: number, minutes: number, cause: string): void => {
    events.push(
      { type: 'step.started', at: at(minutes * 60 + 2), step: id, resource: id, op: 'create', cause },
      {
        type: 'step.finished',
        at: at(minutes * 60),
        step: id,
        resource: id,
        op: 'create',
        milliseconds: 2000,
      },
      {
        type: 'resource.changed',
        at: at(minutes * 60),
        resource: id,
        health: 'ready',
        detail: 'ready',
        replicas: { ready: count, wanted: count },
        facts: { image },
      },
    )
  }
  ready('service/mariadb', 'mariadb:10.11', 1, 12, 'not there yet')
  ready('service/redis', 'redis:7', 1, 12, 'not there yet')
  ready('service/iam-authz', 'iam-authz@sha256:3f9c00c1d2e3f4a5', 2, 9, 'image changed')
  events.push(
    {
      type: 'step.started',
      at: at(600),
      step: 'm',
      resource: 'job/migrate',
      op: 'run',
      cause: 'not there yet',
    },
    { type: 'step.finished', at: at(599), step: 'm', resource: 'job/migrate', op: 'run', milliseconds: 800 },
    {
      type: 'resource.changed',
      at: at(599),
      resource: 'job/migrate',
      health: 'ready',
      detail: 'completed',
    },
    {
      type: 'resource.changed',
      at: at(500),
      resource: 'service/iam-apiserver',
      health: 'ready',
      detail: 'ready',
      replicas: { ready: 1, wanted: 2 },
      facts: { image: 'iam-apiserver@sha256:a07d00c1d2e3f4a5' },
    },
    { type: 'files.changed', at: at(5), paths: ['src/users.ts'] },
    {
      type: 'step.started',
      at: at(3),
      step: 'r',
      resource: 'service/iam-apiserver',
      op: 'replace',
      cause: 'src/users.ts changed',
    },
    {
      type: 'step.progressed',
      at: at(2),
      resource: 'service/iam-apiserver',
      text: 'pod b21e: readiness /healthz 503, 2 times',
    },
    {
      type: 'step.failed',
      at: at(14),
      step: 'p',
      resource: 'service/iam-pump',
      op: 'create',
      failure: {
        kind: 'deploy',
        message: 'exited 1, 3 times',
        evidence: ['connecting', 'MONGO_URL refused by ferretdb: authentication failed'],
        span: { file: 'iamstack.yaml', line: 88, column: 7, length: 4 },
        hint: 'iamstack logs iam-pump',
      },
    },
    {
      type: 'step.held',
      at: at(14),
      step: 'c',
      resource: 'service/iamctl',
      reason: 'waiting for iam-pump: healthy',
    },
    {
      type: 'forward.changed',
      at: at(9),
      service: 'iam-apiserver',
      port: 'https',
      url: 'https://localhost:8443',
      open: 2,
    },
    {
      type: 'forward.changed',
      at: at(9),
      service: 'iam-authz',
      port: 'http',
      url: 'http://localhost:9090',
      open: 1,
      problem: 'no pod is ready',
    },
    { type: 'smoke.passed', at: at(8), check: 'healthz', milliseconds: 12, tries: 1 },
    { type: 'smoke.passed', at: at(8), check: 'login', milliseconds: 48, tries: 1 },
    {
      type: 'smoke.failed',
      at: at(7),
      check: 'policy',
      milliseconds: 60,
      failure: {
        kind: 'smoke',
        message: 'step 3: POST /v1/authz: expected 403, got 200',
        evidence: ['{"allowed":true}'],
      },
    },
  )
  return events
}

export function pictureLogs(): LogBuffers {
  const logs = createLogBuffers()
  const write = (service: string, replica: number, seconds: number, text: string): void =>
    logs.write({ time: at(seconds), service, replica, stream: 'stdout', text })
  write('mariadb', 1, 60, 'ready for connections')
  write('iam-apiserver', 1, 5, 'GET /v1/users 200 3 ms')
  write('iam-apiserver', 1, 4, 'GET /v1/users/admin 200 2 ms')
  write('iam-apiserver', 2, 2, 'listening on :8443')
  write('iam-apiserver', 2, 2, '\u001B[31mconnected\u001B[0m to mariadb:3306\u001B]0;title\u0007')
  return logs
}

export function pictureStore(): Store {
  const store = createStore()
  for (const event of pictureEvents()) store.dispatch(event)
  return store
}

let pictureState: State | undefined
let pictureLines: readonly EventLine[] | undefined

export function modelOf(columns: number, rows: number, ui: Partial<UiState> = {}): Model {
  return {
    state: (pictureState ??= pictureStore().getState()),
    ui: { ...initialUi, cursor: { services: 'service/iam-apiserver' }, ...ui },
    size: { columns, rows },
    logs: pictureLogs(),
    events: (pictureLines ??= pictureEvents().flatMap((event) => eventLine(event) ?? [])),
    verbs,
    onExit: undefined,
    isAttached: false,
    now: noon,
  }
}

export function screenText(model: Model): string {
  return `\n${frame(model).map(textOf).join('\n')}\n`
}
