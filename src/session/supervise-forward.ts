import { openForward, type Forward, type ForwardEvent } from '../forward/forward.ts'
import { localHost } from '../forward/local-port.ts'
import type { ClusterClients } from './forward-clients.ts'
import type { ForwardSpec, ForwardState } from './protocol.ts'

export interface ForwardContext {
  readonly spec: ForwardSpec
  readonly clients: ClusterClients
  readonly changed: (state: ForwardState) => void
}

/** Milliseconds between tries to open a port again that a former session had. */
const firstPause = 250
const longestPause = 10_000

/** One port that is kept open. */
export class SupervisedForward {
  readonly #context: ForwardContext
  #forward: Forward | undefined
  #problem: string | undefined = 'it is not open yet'
  #isClosed = false
  #again: NodeJS.Timeout | undefined

  constructor(context: ForwardContext) {
    this.#context = context
  }

  state(): ForwardState {
    const { name, service, port, local } = this.#context.spec
    const counts = this.#forward?.counts()
    return {
      kind: 'forward',
      name,
      service,
      port,
      host: localHost,
      local: this.#forward?.port ?? local,
      isListening: this.#forward !== undefined,
      open: counts?.open ?? 0,
      total: counts?.total ?? 0,
      problem: this.#problem ?? (this.#forward?.ready() === 0 ? 'no pod is ready' : undefined),
    }
  }

  /** It does what the specification says, and does it well: then its connections stay. */
  isAlready(spec: ForwardSpec): boolean {
    const { local } = this.#context.spec
    const isSamePort = this.#forward?.port === spec.local || (!spec.isFixed && local === spec.local)
    const rest = (each: ForwardSpec): string => JSON.stringify({ ...each, local: 0, isFixed: false })
    return (
      this.#forward !== undefined &&
      this.#problem === undefined &&
      isSamePort &&
      rest(this.#context.spec) === rest(spec)
    )
  }

  /** StepError when the cluster cannot be found, or the port is taken and no other will do. */
  async open(isFixed = this.#context.spec.isFixed): Promise<void> {
    const { spec, clients } = this.#context
    const client = await clients.clientOf(spec.cluster)
    if (this.#isOver()) return
    const forward = await openForward({
      client,
      target: spec.target,
      local: { port: spec.local, isFixed },
      onEvent: (event) => this.#note(event),
    })
    if (this.#isOver()) {
      await forward.close()
      return
    }
    this.#forward = forward
    this.#tell(undefined)
  }

  /**
   * After a session that was killed: on the very port that people know, as soon as that can be had. Comes back after the first
   * try, whatever became of it.
   */
  async openAgain(pause = firstPause): Promise<void> {
    try {
      await this.open(true)
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error))
      if (this.#isOver()) return
      this.#again = setTimeout(() => void this.openAgain(Math.min(pause * 2, longestPause)), pause)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#again)
    await this.#forward?.close()
  }

  /** Somebody may close it while it opens. */
  #isOver(): boolean {
    return this.#isClosed
  }

  #note(event: ForwardEvent): void {
    switch (event.type) {
      case 'moved':
        return
      case 'held':
      case 'released':
      case 'refused':
        this.#context.changed(this.state())
        return
      case 'problem':
        this.#tell(event.problem)
        return
      default:
        event satisfies never
    }
  }

  #tell(problem: string | undefined): void {
    this.#problem = problem
    this.#context.changed(this.state())
  }
}
