import type { Driver, Run } from '../drivers/driver.ts'
import type { Event } from '../state/events.ts'
import type { Health, Milestone, Resource, ResourceId, ResourceKind } from './resource.ts'
import { failureOf } from './failure.ts'
import { canonical } from './hash.ts'
import { StepError } from './step-error.ts'
import type { Plan, Step, StepId } from './step.ts'
import { subjectOf } from './words.ts'

export interface SchedulerOptions {
  readonly driver: { apply(step: Step, run: Run): Promise<void> } & Pick<Driver, 'ready'>
  readonly emit: (event: Event) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Aborting it interrupts every step; what a step leaves half done, the next plan sees. */
  readonly signal: AbortSignal
  /** Without waiting, a step that nobody needs healthy is done once it is started. */
  readonly wait: boolean
  /** Edits are followed: what one of them spoiled is done by the plan that it brings, and did not fail. Default: false. */
  readonly isFollowing?: boolean
}

export interface Outcome {
  readonly failures: readonly { readonly step: Step; readonly error: StepError }[]
  readonly finished: number
  /** Not done, or done and not waited for, since a newer plan goes on where they were. */
  readonly cancelled: number
  /** Of the cancelled ones, those that an edit spoiled whose plan is yet to come. */
  readonly outdated: number
}

/**
 * Carries out plans and decides nothing. Keyed by resource: a later plan takes over what an earlier one has not done. Of one
 * resource at most one step runs; a running step that the new plan wants alike goes on and counts for both, another is aborted
 * first. Steps of other resources never notice.
 */
export interface Scheduler {
  submit(plan: Plan): Promise<Outcome>
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const current = new Map<ResourceId, Task>()
  let generation = 0
  return {
    submit(plan) {
      generation += 1
      options.emit({
        type: 'plan.made',
        at: options.now(),
        generation,
        unchanged: plan.unchanged.length,
        steps: plan.steps.map(({ id, resource, op, cause, destroys }) => ({
          id,
          resource,
          op,
          cause,
          destroys,
        })),
      })
      const named = new Set(plan.steps.map((step) => step.resource))
      for (const [resource, task] of current) {
        if (!named.has(resource) && task.isPending()) task.abort('the new plan does not need it')
      }
      const tasks = new Map<StepId, Task>()
      for (const step of plan.steps) {
        const earlier = current.get(step.resource)
        const task = earlier?.isSameWork(step) ? earlier : startTask(step, tasks, plan, earlier, options)
        tasks.set(step.id, task)
        current.set(step.resource, task)
        void task.settled.then(() => {
          if (current.get(step.resource) === task) current.delete(step.resource)
        })
      }
      return outcomeOf([...tasks.values()])
    },
  }
}

type End =
  | { readonly kind: 'done' }
  /** It has written what it had to write; how the service takes it is seen after the newer plan. */
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'failed'; readonly error: StepError }
  | { readonly kind: 'cancelled'; readonly reason: string; readonly isOutdated?: true }

interface Task {
  readonly step: Step
  /** Resolve when the milestone is reached or can no longer be; never reject. */
  readonly started: Promise<End | undefined>
  readonly settled: Promise<End>
  isPending(): boolean
  isSameWork(step: Step): boolean
  abort(reason: string): void
  /** For a later step of the same resource: at once, or when what it writes is written. */
  giveWayTo(later: Step): void
}

function startTask(
  step: Step,
  tasks: ReadonlyMap<StepId, Task>,
  plan: Plan,
  earlier: Task | undefined,
  options: SchedulerOptions,
): Task {
  const controller = new AbortController()
  const signal = AbortSignal.any([options.signal, controller.signal])
  let isPending = true
  let aborted: string | undefined
  const isAborted = (): boolean => signal.aborted
  const abort = (reason: string): void => {
    aborted ??= reason
    controller.abort()
  }
  let phase: 'waiting' | 'applying' | 'applied' = 'waiting'
  let isOvertaken = false
  let givingWay: NodeJS.Timeout | undefined
  let tellStarted: (end: End | undefined) => void = () => undefined
  const started = new Promise<End | undefined>((resolve) => {
    tellStarted = resolve
  })
  earlier?.giveWayTo(step)

  const perform = async (): Promise<End> => {
    await earlier?.settled
    const blocker = await untilFree(step, tasks, options)
    if (blocker) return { kind: 'cancelled', reason: blocker }
    if (isAborted()) return { kind: 'cancelled', reason: aborted ?? 'interrupted' }
    isPending = false
    const began = options.now()
    options.emit({
      type: 'step.started',
      at: began,
      step: step.id,
      resource: step.resource,
      op: step.op,
      cause: step.cause,
    })
    try {
      const run = runOf(signal, options)
      phase = 'applying'
      if (step.op !== 'wait') await options.driver.apply(step, run)
      phase = 'applied'
      tellStarted(undefined)
      if (!isOvertaken && becomesReady(step) && (options.wait || isNeededHealthy(step, plan)))
        await options.driver.ready(step.wanted, run)
    } catch (error) {
      const isWritten = isOvertaken && phase === 'applied'
      if (!isWritten && isAborted()) return { kind: 'cancelled', reason: aborted ?? 'interrupted' }
      if (options.isFollowing === true && error instanceof StepError && error.isOutdated)
        return { kind: 'cancelled', reason: error.message, isOutdated: true }
      if (!isWritten) return { kind: 'failed', error: asStepError(error, step) }
    }
    options.emit({
      type: 'step.finished',
      at: options.now(),
      step: step.id,
      resource: step.resource,
      op: step.op,
      milliseconds: options.now() - began,
    })
    return { kind: isOvertaken ? 'overtaken' : 'done' }
  }
  const settled = perform().then((end) => {
    isPending = false
    clearTimeout(givingWay)
    tellStarted(end)
    report(end, step, options)
    return end
  })
  return {
    step,
    started,
    settled,
    isPending: () => isPending,
    isSameWork: (other) =>
      !signal.aborted && other.op === step.op && canonical(workOf(other)) === canonical(workOf(step)),
    abort,
    giveWayTo(later) {
      isOvertaken =
        step.op === 'sync' && (later.op === 'sync' || (later.op === 'wait' && phase === 'applied'))
      if (isOvertaken && phase === 'applying') givingWay ??= setTimeout(() => abort(replaced), longestGiveWay)
      else abort(replaced)
    },
  }
}

const replaced = 'a newer plan replaces it'
/**
 * Milliseconds that a batch of edits may still take once the next one is there. Cut off at once, none would ever arrive while
 * somebody saves faster than a batch takes.
 */
const longestGiveWay = 1000

function workOf(step: Step): unknown {
  return 'wanted' in step
    ? {
        parts: step.wanted.parts,
        replicas: step.wanted.replicas,
        after: step.after,
        ...(step.op === 'sync' && { sync: step.sync }),
      }
    : step.after
}

/** Waits for what the step comes after, telling what it waits for; the result is why it can never start. */
async function untilFree(
  step: Step,
  tasks: ReadonlyMap<StepId, Task>,
  options: SchedulerOptions,
): Promise<string | undefined> {
  for (const { step: id, until } of step.after) {
    const needed = tasks.get(id)
    if (!needed) continue
    const milestone = until === 'started' ? needed.started : needed.settled
    const reason = `waiting for ${subjectOf(id)}${until === 'healthy' ? ': healthy' : ''}`
    const state = await Promise.race([milestone, Promise.resolve('unreached' as const)])
    if (state === 'unreached')
      options.emit({ type: 'step.held', at: options.now(), step: step.id, resource: step.resource, reason })
    const end = await milestone
    if (end?.kind === 'failed') return `${subjectOf(id)} failed`
    if (end && end.kind !== 'done') return `${subjectOf(id)} was not done`
  }
  return undefined
}

function runOf(signal: AbortSignal, options: SchedulerOptions): Run {
  return {
    signal,
    emit: options.emit,
    progress: (resource, text) =>
      options.emit({ type: 'step.progressed', at: options.now(), resource, text }),
  }
}

function becomesReady(step: Step): step is Extract<Step, { wanted: Resource }> {
  if (!('wanted' in step)) return false
  return (
    step.op !== 'build' &&
    step.op !== 'deliver' &&
    step.op !== 'run' &&
    (becomingReady.has(step.wanted.kind) || step.op === 'wait')
  )
}

/** What is there at once may still not work: a claim that no class serves, a cluster whose nodes start. */
const becomingReady: ReadonlySet<ResourceKind> = new Set([
  'cluster',
  'volume',
  'service',
  'gateway',
  'route',
  'manifest',
  'chart',
])

function isNeededHealthy(step: Step, plan: Plan): boolean {
  const milestones: readonly Milestone[] = ['healthy', 'completed']
  return plan.steps.some((other) =>
    other.after.some((need) => need.step === step.id && milestones.includes(need.until)),
  )
}

function asStepError(error: unknown, step: Step): StepError {
  if (error instanceof StepError) return error.span || !step.from ? error : withSpan(error, step)
  return new StepError('internal', `${step.id}: ${error instanceof Error ? error.message : String(error)}`, {
    span: step.from,
    cause: error,
  })
}

function withSpan(error: StepError, step: Step): StepError {
  return new StepError(error.kind, error.message, {
    span: step.from,
    evidence: error.evidence,
    cause: error,
    isTerminal: error.isTerminal,
    isOutdated: error.isOutdated,
    ...(error.hint !== undefined && { hint: error.hint }),
  })
}

function report(end: End, step: Step, options: SchedulerOptions): void {
  const base = { at: options.now(), step: step.id, resource: step.resource }
  switch (end.kind) {
    case 'done':
      options.emit({ type: 'resource.changed', at: base.at, resource: step.resource, ...stateAfter(step) })
      return
    case 'overtaken':
      return
    case 'failed':
      options.emit({ ...base, type: 'step.failed', op: step.op, failure: failureOf(end.error) })
      return
    case 'cancelled':
      options.emit({ ...base, type: 'step.cancelled', reason: end.reason })
      return
    default:
      end satisfies never
  }
}

function stateAfter(step: Step): { health: Health; detail: string } {
  switch (step.op) {
    case 'delete':
      return { health: 'absent', detail: 'gone' }
    case 'stop':
      return { health: 'absent', detail: 'stopped' }
    case 'build':
      return { health: 'ready', detail: 'built' }
    case 'deliver':
      return { health: 'ready', detail: 'delivered' }
    case 'run':
      return { health: 'ready', detail: 'completed' }
    case 'sync':
      return { health: 'ready', detail: 'in sync' }
    case 'create':
    case 'update':
    case 'replace':
    case 'restart':
    case 'reload':
    case 'scale':
    case 'wait':
      return { health: 'ready', detail: 'ready' }
    default:
      return step satisfies never
  }
}

async function outcomeOf(tasks: readonly Task[]): Promise<Outcome> {
  const ends = await Promise.all(tasks.map(async (task) => ({ step: task.step, end: await task.settled })))
  return {
    failures: ends.flatMap(({ step, end }) => (end.kind === 'failed' ? [{ step, error: end.error }] : [])),
    finished: ends.filter(({ end }) => end.kind === 'done').length,
    cancelled: ends.filter(({ end }) => end.kind === 'cancelled' || end.kind === 'overtaken').length,
    outdated: ends.filter(({ end }) => end.kind === 'cancelled' && end.isOutdated).length,
  }
}
