import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { StepError } from '../../../plan/step-error.ts'
import { pauseAfter } from '../../../smoke/readiness.ts'
import { inspectContainer, type ContainerDetail } from '../../../platform/engine/containers.ts'
import type { Context } from '../context.ts'
import { declarationOf } from '../../consumer.ts'
import type { WorkloadSpec } from '../desired/spec.ts'
import { probePublished } from '../probe.ts'
import { evidenceOf } from './evidence.ts'
import { watchContainer } from './watch.ts'

/** What is waited for: a container, and the one whose ports are published for it (itself, or its pod's owner). */
interface Awaited {
  readonly container: string
  readonly networkHolder: string
}

/** A program without any check counts as started when it ran so long, in milliseconds. */
const settling = 300

/**
 * Comes back when a container is ready: its own check succeeded once, or, where there is none, it stays up. Throws StepError as
 * soon as it cannot become so, or at the time limit with what the last check said.
 */
export async function untilReady(
  context: Context,
  spec: WorkloadSpec,
  awaited: Awaited,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const end = new AbortController()
  const limit = AbortSignal.timeout(timeout)
  const both = AbortSignal.any([signal, limit, end.signal])
  setMaxListeners(0, both)
  const progress: Progress = { last: 'not checked yet' }
  const health = healthOfEngine(progress)
  const { from } = declarationOf(spec.consumer)
  const watched = { container: awaited.container, subject: `${spec.consumer.kind} ${spec.name}`, span: from }
  const failed = watchContainer(context, watched, health, both)
  const isReady = spec.probe
    ? probing(context, spec.probe, awaited, progress, both)
    : health.isReady.then((check) =>
        check.isMade ? true : settled(context, awaited.container, check.startedAt, both),
      )
  try {
    const outcome = await Promise.race([
      failed.then(() => false),
      isReady,
      new Promise<false>((resolve) => {
        both.addEventListener('abort', () => {
          resolve(false)
        })
      }),
    ])
    if (outcome) return
    signal.throwIfAborted()
    throw await timeoutOf(context, spec, awaited, timeout, progress)
  } finally {
    end.abort()
    // Whichever lost the race ends with the signal; its outcome no longer matters.
    await Promise.allSettled([failed, isReady])
  }
}

interface Progress {
  /** What the last check said. */
  last: string
}

type EngineCheck =
  { readonly isMade: true } | { readonly isMade: false; readonly startedAt: string | undefined }

/** Resolves when the engine's own check succeeded, or as soon as it is known that there is none. */
function healthOfEngine(progress: Progress) {
  let resolve: (check: EngineCheck) => void = () => undefined
  const isReady = new Promise<EngineCheck>((settle) => {
    resolve = settle
  })
  return {
    isReady,
    onLook({ State }: ContainerDetail): void {
      if (State.Health === undefined || State.Health.Status === 'none') {
        resolve({ isMade: false, startedAt: State.Status === 'running' ? State.StartedAt : undefined })
        return
      }
      const last = State.Health.Log?.at(-1)
      if (last) progress.last = `exit code ${last.ExitCode}: ${last.Output.trim()}`
      if (State.Health.Status === 'healthy') resolve({ isMade: true })
    },
    onEvent({ Action }: { readonly Action: string }): void {
      if (Action === 'health_status: healthy') resolve({ isMade: true })
    },
  }
}

/** True as soon as one and the same run of the program has lasted long enough. */
async function settled(
  { engine }: Context,
  container: string,
  startedAt: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  for (let seen = startedAt; !signal.aborted;) {
    // By the engine's clock where it agrees with ours, else by two looks.
    const age = seen === undefined ? 0 : Math.max(0, Date.now() - Date.parse(seen))
    await sleep(Math.max(0, settling - age), undefined, { signal }).catch(() => undefined)
    const { State } = await inspectContainer(engine, container)
    if (State.Status === 'running' && seen === State.StartedAt) return true
    seen = State.Status === 'running' ? State.StartedAt : undefined
  }
  return false
}

/** The first check is made at once: connecting before the start returned would cost a second. */
async function probing(
  { engine }: Context,
  asked: NonNullable<WorkloadSpec['probe']>,
  { networkHolder }: Awaited,
  progress: Progress,
  signal: AbortSignal,
): Promise<boolean> {
  const { check, port, rhythm } = asked
  const began = Date.now()
  while (!signal.aborted) {
    // A container that was started again by the engine may have got another port.
    const hostPort = portOf(await inspectContainer(engine, networkHolder), port)
    if (hostPort === undefined) progress.last = `port ${port} is not published yet`
    else {
      const result = await probePublished(check, hostPort, { timeout: rhythm.timeout, signal })
      if (result.ok) return true
      progress.last = result.detail
    }
    await sleep(pauseAfter(rhythm, Date.now() - began), undefined, { signal }).catch(() => undefined)
  }
  return false
}

function portOf({ NetworkSettings }: ContainerDetail, port: number): number | undefined {
  const [binding] = NetworkSettings.Ports[`${port}/tcp`] ?? []
  return binding && Number(binding.HostPort)
}

async function timeoutOf(
  { engine }: Context,
  spec: WorkloadSpec,
  { container }: Awaited,
  timeout: number,
  { last }: Progress,
): Promise<StepError> {
  const evidence = await evidenceOf(engine, await inspectContainer(engine, container))
  const { kind } = spec.consumer
  const span = declarationOf(spec.consumer).at('health')
  return new StepError('timeout', `${kind} ${spec.name} is not ready after ${timeout / 1000} s: ${last}`, {
    span,
    evidence,
    isTerminal: false,
  })
}
