import type { Engine } from '../../platform/engine/engine.ts'
import { events, type EngineEvent } from '../../platform/engine/events.ts'

/** What happens to containers of a project, on one stream for all who listen. */
export interface EventBus {
  /** Opens the stream with the first listener; calling the result twice is no error. */
  listen(listener: (event: EngineEvent) => void): () => void
  close(): void
}

/** `filter` is a label. A stream that breaks is not told: whoever waits also looks by itself from time to time. */
export function createEventBus(engine: Engine, filter: string): EventBus {
  const listeners = new Set<(event: EngineEvent) => void>()
  let open: AbortController | undefined

  async function pump(signal: AbortSignal): Promise<void> {
    const query = { labels: [filter], types: ['container'] as const }
    for await (const event of events(engine, query, signal)) {
      for (const listener of [...listeners]) listener(event)
    }
  }

  function close(): void {
    open?.abort()
    open = undefined
  }

  return {
    listen(listener) {
      listeners.add(listener)
      if (!open) {
        const own = new AbortController()
        open = own
        void pump(own.signal)
          .catch(() => undefined)
          .finally(() => {
            if (open === own) open = undefined
          })
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) close()
      }
    },
    close,
  }
}
