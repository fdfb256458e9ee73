import type { RemoteIntent } from '../attach/protocol.ts'
import { StepError } from '../plan/step-error.ts'
import type { OnExit } from '../state/screen.ts'

/** What `dev` does when a person asks. Each resolves when it is done; an error becomes a notice with its message. */
export interface DevActions {
  restart(services: readonly string[]): Promise<void>
  rebuild(services: readonly string[]): Promise<void>
  resync(services: readonly string[]): Promise<void>
  stop(services: readonly string[]): Promise<void>
  scale(service: string, replicas: number): Promise<void>
  /** Undefined: all of them. */
  smoke(checks: readonly string[] | undefined): Promise<void>
}

/** What a person asks of `dev`, before its own terminal or attached to it. */
export interface DevIntents {
  /** A word for the person, or nothing. StepError (`precondition`) before there is something to act on. */
  act(intent: RemoteIntent): Promise<string | undefined>
  /** From now on they are carried out by these. */
  become(actions: DevActions): void
  /** Aborted when somebody asked `dev` to end. */
  readonly leaving: AbortSignal
  /** What is to become of the stack then. */
  choice(): OnExit | undefined
}

export function openDevIntents(): DevIntents {
  const leaving = new AbortController()
  let choice: OnExit | undefined
  let actions: DevActions | undefined
  return {
    leaving: leaving.signal,
    choice: () => choice,
    become(next) {
      actions = next
    },
    act(intent) {
      if (intent.kind === 'quit') {
        choice ??= intent.then
        leaving.abort()
        return Promise.resolve(undefined)
      }
      if (actions) return carryOut(intent, actions)
      const hint = 'try again when it has begun'
      return Promise.reject(
        new StepError('precondition', 'dev still prepares what the stack runs on', { hint }),
      )
    },
  }
}

async function carryOut(
  intent: Exclude<RemoteIntent, { readonly kind: 'quit' }>,
  actions: DevActions,
): Promise<string | undefined> {
  switch (intent.kind) {
    case 'restart':
      await actions.restart(intent.services)
      return `restarted ${intent.services.join(', ')}`
    case 'rebuild':
      await actions.rebuild(intent.services)
      return `rebuilt ${intent.services.join(', ')}`
    case 'resync':
      await actions.resync(intent.services)
      return `brought ${intent.services.join(', ')} again`
    case 'stop':
      await actions.stop(intent.services)
      return `stopped ${intent.services.join(', ')}`
    case 'scale':
      await actions.scale(intent.service, intent.replicas)
      return `${intent.service} has ${intent.replicas} replicas`
    case 'smoke':
      await actions.smoke(intent.checks)
      return undefined
    default:
      return intent satisfies never
  }
}
