import type { ComposeOptions } from './options.ts'
import { createEventBus, type EventBus } from './events.ts'
import { projectFilter } from './labels.ts'
import { createTurns } from './turns.ts'

type Turns = ReturnType<typeof createTurns>

/** What the operations of one driver share. */
export interface Context extends ComposeOptions {
  readonly bus: EventBus
  /** Starting containers: more at once is not faster, and starves the engine for everything else. */
  readonly starting: Turns
  /** Reading, changing and writing the ledger. */
  readonly recording: Turns
  /** Choosing a free subnet and taking it. */
  readonly networking: Turns
  readonly gateway: GatewayState
}

/** What the gateway must know while replicas change and the engine's lists cannot tell. */
interface GatewayState {
  readonly switching: Turns
  /** Containers beside their predecessors that may be asked already. */
  readonly admitted: Set<string>
  /** Containers that must not be asked: not ready yet, or about to stop. */
  readonly withheld: Set<string>
}

/** Containers that are started at once; measured: four are as fast as forty. */
const startsAtOnce = 8

export function createContext(options: ComposeOptions): Context {
  return {
    ...options,
    bus: createEventBus(options.engine, projectFilter(options.stack)),
    starting: createTurns(startsAtOnce),
    recording: createTurns(1),
    networking: createTurns(1),
    gateway: { switching: createTurns(1), admitted: new Set(), withheld: new Set() },
  }
}
