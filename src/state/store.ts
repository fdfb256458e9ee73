import type { Event } from './events.ts'
import { reduce } from './reduce.ts'
import { initialState, type State } from './state.ts'

export type Subscriber = (event: Event, state: State) => void

/** Holds the state of one run. Events are reduced in the order they come; subscribers see the state after the event. */
export interface Store {
  getState(): State
  dispatch(event: Event): void
  /** The result ends the subscription. */
  subscribe(subscriber: Subscriber): () => void
}

/** A store that can begin anew, for the state of another process. */
export interface Mirror extends Store {
  /** Subscribers learn of it with the next event. */
  become(state: State): void
}

/** A store of its own; `from` is where it begins. */
export function createStore(from: State = initialState): Mirror {
  let state = from
  const subscribers = new Set<Subscriber>()
  return {
    getState: () => state,
    dispatch(event) {
      state = reduce(state, event)
      for (const subscriber of subscribers) subscriber(event, state)
    },
    subscribe(subscriber) {
      subscribers.add(subscriber)
      return () => subscribers.delete(subscriber)
    },
    become(next) {
      state = next
    },
  }
}
