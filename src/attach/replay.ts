import type { Event, ForwardFacts } from '../state/events.ts'
import type { ResourceState, SmokeState, State } from '../state/state.ts'

/** A state as JSON can carry it. */
export interface PackedState extends Omit<State, 'resources' | 'smoke' | 'forwards'> {
  readonly resources: readonly ResourceState[]
  readonly smoke: readonly (readonly [check: string, state: SmokeState])[]
  readonly forwards: readonly ForwardFacts[]
}

/** How many findings about the stack a replay holds: broken edits of a long day add up. */
const mostDiagnostics = 100
/** How many events are kept for newcomers, and how many characters of JSON all of them have at most. */
export const mostRecent = 200
const mostCharacters = 1_000_000

/** Everything but old findings: what else a state holds is as large as the stack. */
export function packState(state: State): PackedState {
  return {
    ...state,
    resources: [...state.resources.values()],
    smoke: [...state.smoke],
    forwards: [...state.forwards.values()],
    diagnostics: state.diagnostics.slice(-mostDiagnostics),
  }
}

export function unpackState(packed: PackedState): State {
  return {
    ...packed,
    resources: new Map(packed.resources.map((resource) => [resource.id, resource])),
    smoke: new Map(packed.smoke),
    forwards: new Map(packed.forwards.map((forward) => [`${forward.service}:${forward.port}`, forward])),
  }
}

/** The last events that a person or a script would want to have heard. */
export interface Recent {
  add(event: Event): void
  list(): readonly Event[]
}

export function createRecent(most: number = mostRecent): Recent {
  const kept: { readonly event: Event; readonly length: number }[] = []
  let characters = 0
  return {
    add(event) {
      if (isPassing(event)) return
      const { length } = JSON.stringify(event)
      kept.push({ event, length })
      characters += length
      while (kept.length > most || characters > mostCharacters) characters -= kept.shift()?.length ?? 0
    },
    list: () => kept.map(({ event }) => event),
  }
}

/** Of the moment only, or by the thousand. */
function isPassing({ type }: Event): boolean {
  switch (type) {
    case 'step.progressed':
    case 'build.logged':
    case 'log.written':
    case 'resource.changed':
    case 'forward.changed':
      return true
    case 'run.started':
    case 'run.finished':
    case 'diagnostic.reported':
    case 'message.reported':
    case 'plan.made':
    case 'step.held':
    case 'step.started':
    case 'step.finished':
    case 'step.failed':
    case 'step.cancelled':
    case 'files.changed':
    case 'edit.classified':
    case 'smoke.started':
    case 'smoke.passed':
    case 'smoke.failed':
    case 'url.opened':
      return false
    default:
      return type satisfies never
  }
}
