import type { ResourceId } from '../plan/resource.ts'
import type { Event, EventOf } from './events.ts'
import type { ResourceState, SmokeState, State } from './state.ts'

/** The only way in which state changes. Pure and total: an event about something unknown makes it known. */
export function reduce(state: State, event: Event): State {
  switch (event.type) {
    case 'run.started': {
      const { command, stack, project, target, profiles, at } = event
      return {
        ...state,
        run: { command, stack, project, target, profiles, startedAt: at },
        exitCode: undefined,
      }
    }
    case 'run.finished':
      return { ...state, exitCode: event.exitCode }
    case 'diagnostic.reported':
      return { ...state, diagnostics: [...state.diagnostics, event.diagnostic] }
    case 'plan.made':
      return event.steps.reduce(
        (next, { resource }) =>
          withResource(next, resource, event.at, { failure: undefined, progress: undefined }),
        { ...state, generation: event.generation, plan: event.steps },
      )
    case 'step.held':
      return withResource(state, event.resource, event.at, { hold: event.reason })
    case 'step.started':
      return withResource(state, event.resource, event.at, {
        step: { op: event.op, cause: event.cause, since: event.at },
        health:
          event.op === 'delete' || event.op === 'stop' || event.op === 'wait'
            ? healthOf(state, event.resource)
            : 'starting',
        hold: undefined,
        failure: undefined,
      })
    case 'step.progressed':
      return withResource(state, event.resource, event.at, { progress: event.text })
    case 'step.finished':
      return withResource(state, event.resource, event.at, {
        step: undefined,
        last: lastOf(state, event),
        hold: undefined,
        progress: undefined,
      })
    case 'step.failed':
      return withResource(state, event.resource, event.at, {
        step: undefined,
        hold: undefined,
        health: 'failed',
        detail: event.failure.message,
        failure: event.failure,
      })
    case 'step.cancelled':
      return withResource(state, event.resource, event.at, {
        step: undefined,
        hold: event.reason,
        progress: undefined,
      })
    case 'resource.changed':
      return withResource(state, event.resource, event.at, {
        health: event.health,
        detail: event.detail,
        drift: event.drift,
        ...(event.replicas && { replicas: event.replicas }),
        ...(event.facts && { facts: event.facts }),
      })
    case 'smoke.started':
      return withSmoke(state, event.check, {
        outcome: 'running',
        milliseconds: undefined,
        failure: undefined,
        at: event.at,
      })
    case 'smoke.passed':
      return withSmoke(state, event.check, {
        outcome: 'passed',
        milliseconds: event.milliseconds,
        failure: undefined,
        at: event.at,
      })
    case 'smoke.failed':
      return withSmoke(state, event.check, {
        outcome: 'failed',
        milliseconds: event.milliseconds,
        failure: event.failure,
        at: event.at,
      })
    case 'url.opened': {
      const { service, port, url } = event
      const others = state.urls.filter((each) => each.service !== service || each.port !== port)
      return { ...state, urls: [...others, { service, port, url }] }
    }
    case 'forward.changed': {
      const { service, port, url, open, problem } = event
      const forward = { service, port, url, open, ...(problem !== undefined && { problem }) }
      return { ...state, forwards: new Map(state.forwards).set(`${service}:${port}`, forward) }
    }
    case 'message.reported':
    case 'build.logged':
    case 'log.written':
    case 'files.changed':
    case 'edit.classified':
      return state
    default:
      return event satisfies never
  }
}

function healthOf(state: State, id: ResourceId): ResourceState['health'] {
  return state.resources.get(id)?.health ?? 'starting'
}

function lastOf(state: State, event: EventOf<'step.finished'> & { at: number }): ResourceState['last'] {
  const cause = state.resources.get(event.resource)?.step?.cause ?? ''
  return { op: event.op, cause, milliseconds: event.milliseconds, at: event.at }
}

function withResource(state: State, id: ResourceId, at: number, changes: Partial<ResourceState>): State {
  const before: ResourceState = state.resources.get(id) ?? {
    id,
    health: 'absent',
    detail: '',
    step: undefined,
    last: undefined,
    hold: undefined,
    failure: undefined,
    progress: undefined,
    replicas: undefined,
    drift: undefined,
    facts: {},
    since: at,
    changedAt: at,
  }
  const isSame = changes.health === undefined || changes.health === before.health
  const after = { ...before, ...changes, since: isSame ? before.since : at, changedAt: at }
  return { ...state, resources: new Map(state.resources).set(id, after) }
}

function withSmoke(state: State, check: string, smoke: SmokeState): State {
  return { ...state, smoke: new Map(state.smoke).set(check, smoke) }
}
