import type { Engine } from './engine.ts'
import { filters } from './filters.ts'
import { jsonLines } from './streams.ts'

/** Something that happened in the engine: one line of `GET /events`. */
export interface EngineEvent {
  readonly Type: 'container' | 'network' | 'volume' | 'image' | 'daemon' | 'builder' | 'plugin'
  /** `start`, `die`, `health_status: healthy`, `connect` … */
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
  /** Epoch nanoseconds; exact enough to order, not to compare. */
  readonly timeNano: number
}

export interface EventQuery {
  readonly labels?: readonly string[]
  readonly types?: readonly EngineEvent['Type'][]
  readonly actions?: readonly string[]
  /** Epoch milliseconds: events from then on come first. */
  readonly since?: number
}

/** Events as they happen, until the signal aborts, which ends them quietly. An engine that goes away throws. */
export async function* events(
  engine: Engine,
  query: EventQuery,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent, void, undefined> {
  const chosen = {
    ...(query.labels && { label: query.labels }),
    ...(query.types && { type: query.types }),
    ...(query.actions && { event: query.actions }),
  }
  try {
    const since = query.since === undefined ? undefined : (query.since / 1000).toFixed(3)
    const response = await engine.stream('GET', '/events', {
      query: { filters: filters(chosen), since },
      signal,
    })
    for await (const event of jsonLines(response)) yield event as EngineEvent
  } catch (error) {
    if (!signal.aborted) throw engine.failureOf(error)
  }
}
