import { machineKind, type Resource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { describeEnd, type ReplicaState, type ServiceState } from '../../session/protocol.ts'
import type { Run } from '../driver.ts'
import type { ApplyContext } from './apply.ts'
import { jobFailure, replicaFailure } from './failure.ts'

/** So many ends in a row are not bad luck. */
export const hopeless = 3

/** Comes back when every replica's process runs. */
export function untilStarted(wanted: Resource, run: Run, context: ApplyContext): Promise<void> {
  return untilService(wanted, run, context, hasStarted)
}

/** Comes back when the resource is ready; fails as soon as it is clear that it never will be. */
export async function untilReady(wanted: Resource, run: Run, context: ApplyContext): Promise<void> {
  const kind = machineKind(wanted.kind)
  switch (kind) {
    case 'service':
      return untilService(wanted, run, context, isReady)
    case 'job':
      return untilJobDone(wanted, run, context)
    case 'gateway':
      return untilGateway(wanted, run, context)
    case 'volume':
    case 'image':
    case 'network':
    case 'files':
      return
    default:
      return kind satisfies never
  }
}

async function untilService(
  wanted: Resource,
  run: Run,
  { options, link }: ApplyContext,
  isThere: (state: ServiceState) => boolean,
): Promise<void> {
  const failureContext = {
    state: options.memory.folder,
    span: wanted.from,
    redact: options.redact ?? ((text: string) => text),
  }
  let last: ServiceState | undefined
  let told = ''
  const decide = async (state: unknown): Promise<true | undefined> => {
    last = state as ServiceState | undefined
    if (last === undefined) return undefined
    if (isThere(last)) return true
    const lost = last.replicas.find((replica) => replica.generation === last?.generation && isLost(replica))
    if (lost) throw await replicaFailure(wanted.name, lost, failureContext)
    const progress = describeWait(last)
    if (progress !== told) run.progress(wanted.id, (told = progress))
    return undefined
  }
  await withLimit(
    wanted,
    run,
    (signal) => link.until('service', wanted.name, decide, signal),
    () => describeWait(last),
  )
}

async function untilJobDone(wanted: Resource, run: Run, { options, link }: ApplyContext): Promise<void> {
  const failureContext = {
    state: options.memory.folder,
    span: wanted.from,
    redact: options.redact ?? ((text: string) => text),
  }
  let told = 0
  await withLimit(
    wanted,
    run,
    (signal) =>
      link.until(
        'job',
        wanted.name,
        async (state) => {
          if (state?.kind !== 'job') return undefined
          if (state.phase === 'failed') throw await jobFailure(state, failureContext)
          if (state.tries > 1 && state.tries !== told) {
            told = state.tries
            run.progress(
              wanted.id,
              `try ${String(told)}${state.lastEnd ? `: ${describeEnd(state.lastEnd)}` : ''}`,
            )
          }
          return state.phase === 'completed' ? true : undefined
        },
        signal,
      ),
    () => 'still running',
  )
}

async function untilGateway(wanted: Resource, run: Run, { link }: ApplyContext): Promise<void> {
  let detail = ''
  await withLimit(
    wanted,
    run,
    (signal) =>
      link.until(
        'gateway',
        'main',
        (state) => {
          if (state?.kind !== 'gateway') return undefined
          detail = state.detail
          return state.isListening ? true : undefined
        },
        signal,
      ),
    () => detail,
  )
}

async function withLimit(
  wanted: Resource,
  run: Run,
  wait: (signal: AbortSignal) => Promise<unknown>,
  describe: () => string,
): Promise<void> {
  const limit = AbortSignal.timeout(wanted.timeout)
  try {
    await wait(AbortSignal.any([run.signal, limit]))
  } catch (error) {
    if (!limit.aborted || error instanceof StepError) throw error
    throw new StepError(
      'timeout',
      `${wanted.id} was not ready within ${String(wanted.timeout / 1000)} s: ${describe()}`,
      {
        span: wanted.from,
        isTerminal: false,
      },
    )
  }
}

function hasStarted(state: ServiceState): boolean {
  if (state.external) return true
  const present = state.replicas.filter(({ generation }) => generation === state.generation)
  const running = present.filter(
    ({ phase, pid }) => pid !== undefined && phase !== 'preparing' && phase !== 'stopping',
  )
  const done = present.filter(isDone)
  return running.length + done.length >= state.wanted
}

export function isReady(state: ServiceState): boolean {
  if (state.external) return state.external.isReachable
  if (state.unlistened !== undefined || state.replicas.length !== state.wanted) return false
  return state.replicas.every(
    (replica) => replica.generation === state.generation && (replica.phase === 'ready' || isDone(replica)),
  )
}

/** Ended well, and meant to stay so. */
export function isDone(replica: ReplicaState): boolean {
  return replica.phase === 'ended' && replica.lastEnd?.what === 'main' && replica.lastEnd.code === 0
}

/** Nothing that we wait for will make it ready. */
export function isLost(replica: ReplicaState): boolean {
  if (replica.phase === 'ended') return !isDone(replica)
  return replica.failures >= hopeless && replica.phase !== 'ready' && replica.phase !== 'unready'
}

function describeWait(state: ServiceState | undefined): string {
  if (!state) return 'not there yet'
  if (state.external) return state.external.detail
  if (state.unlistened !== undefined) return state.unlistened
  const waiting = state.replicas.find(({ phase }) => phase !== 'ready')
  if (!waiting) return `${String(state.replicas.length)} of ${String(state.wanted)} replicas`
  const { phase, lastEnd, lastProbe } = waiting
  if (phase === 'preparing') return 'running its init steps'
  if (phase === 'waiting') return lastEnd ? describeEnd(lastEnd) : 'waiting to start again'
  return lastProbe === undefined ? phase : `last probe: ${lastProbe}`
}
