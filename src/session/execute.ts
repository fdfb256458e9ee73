import type { Run } from '../drivers/driver.ts'
import { createScheduler, type Outcome, type Scheduler } from '../plan/execute.ts'
import type { Plan, Step } from '../plan/step.ts'
import { StepError } from '../plan/step-error.ts'
import type { Opened } from './opened.ts'

export interface ExecuteOptions {
  readonly wait: boolean
  readonly signal: AbortSignal
  /** Edits are followed, and bring newer plans. Default: false. */
  readonly isFollowing?: boolean
  /** Carries out what is written into running containers; `dev` alone plans such steps. */
  readonly sync?: (step: Extract<Step, { readonly op: 'sync' }>, run: Run) => Promise<void>
}

export function schedulerFor(opened: Opened, options: ExecuteOptions): Scheduler {
  return createScheduler({
    driver: {
      apply: (step, run) =>
        step.op === 'sync' ? syncOf(options)(step, run) : opened.driver.apply(step, run),
      ready: (wanted, run) => opened.driver.ready(wanted, run),
    },
    emit: opened.emit,
    now: Date.now,
    signal: options.signal,
    wait: options.wait,
    ...(options.isFollowing === true && { isFollowing: true }),
  })
}

function syncOf({ sync }: ExecuteOptions): NonNullable<ExecuteOptions['sync']> {
  if (!sync) throw new TypeError('only dev writes into running containers')
  return sync
}

/** Carries a plan out to its end. An interruption is an error, so that no caller takes half for whole. */
export async function execute(opened: Opened, plan: Plan, options: ExecuteOptions): Promise<Outcome> {
  const outcome = await schedulerFor(opened, options).submit(plan)
  if (options.signal.aborted) {
    const isTimeout =
      options.signal.reason instanceof DOMException && options.signal.reason.name === 'TimeoutError'
    throw isTimeout
      ? new StepError('timeout', 'the time for the whole command (--timeout) ran out', {
          hint: 'the next up goes on from here',
        })
      : new StepError('interrupted', 'interrupted; the next up goes on from here')
  }
  return outcome
}

/** Refuses what the target cannot take, and tells its doubts. Nothing was done then. */
export async function preflight({ driver, emit }: Opened, plan: Plan, signal: AbortSignal): Promise<void> {
  const doubts = (await driver.preflight?.(plan, signal)) ?? []
  for (const text of doubts) emit({ type: 'message.reported', at: Date.now(), text })
}

/** Has the session hold what brings exposed ports to this machine, where they do not come by themselves; it says so. */
export async function holdForwards(opened: Opened): Promise<void> {
  const ports = opened.gathered()?.facts.ports ?? new Map<string, number>()
  await opened.driver.forwarding?.hold(ports, (text) =>
    opened.emit({ type: 'message.reported', at: Date.now(), text }),
  )
}

/** Refuses a plan that loses something or needs a decision, unless the user has agreed. Nothing was done then. */
export function demandConsent(plan: Plan, isAgreed: boolean, isProtected: boolean): void {
  if (isAgreed) return
  const grave = plan.steps.filter((step) => step.destroys !== undefined || step.guarded !== undefined)
  const touching = isProtected ? plan.steps.filter((step) => step.op === 'delete' || step.op === 'stop') : []
  const reasons = [...new Set([...grave, ...touching])].map(reasonOf)
  if (reasons.length === 0) return
  throw new StepError(
    'precondition',
    `nothing was done: ${reasons.length === 1 ? 'a step needs' : `${reasons.length} steps need`} your consent`,
    {
      evidence: reasons,
      hint: 'look at the plan, then agree with --yes',
    },
  )
}

function reasonOf(step: Step): string {
  if (step.destroys !== undefined) return `${step.id} destroys ${step.destroys}`
  return step.guarded === undefined
    ? `${step.id} on a protected profile`
    : `${step.id} (${step.cause}): ${step.guarded}`
}
