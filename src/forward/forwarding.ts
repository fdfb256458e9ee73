import type { ForwardState } from '../session/protocol.ts'
import type { Forward, ForwardEvent } from './forward.ts'
import type { LocalAddress } from './local-port.ts'

/** One forward for as long as somebody keeps it. */
export interface ForwardRequest {
  readonly service: string
  readonly port: string
  readonly local: LocalAddress
  readonly onEvent: (event: ForwardEvent) => void
}

/** Ports of services on this machine, where the target does not bring them here: by this command, or by the session beyond it. */
export interface Forwarding {
  /** StepError when the port is taken, or the stack has no such port. */
  forward(request: ForwardRequest): Promise<Forward>
  /**
   * Has the session hold a forward for every exposed port that needs one, and for no other. `ports` are the sticky ones,
   * `tell` hears what stands in for what.
   */
  hold(ports: ReadonlyMap<string, number>, tell: (text: string) => void): Promise<readonly ForwardState[]>
  /** The forwards that the session holds now; starts nothing. */
  held(): Promise<readonly ForwardState[]>
  /** Ends those that the session holds: all, or those of some services. */
  release(services?: readonly string[]): Promise<void>
}
