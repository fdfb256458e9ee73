import { setTimeout as sleep } from 'node:timers/promises'
import { inspectContainer, type ContainerDetail } from '../../../platform/engine/containers.ts'
import { isNotFound } from '../../../platform/engine/errors.ts'
import type { EngineEvent } from '../../../platform/engine/events.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Span } from '../../../stack/diagnostics.ts'
import type { Context } from '../context.ts'
import { endOf, evidenceOf } from './evidence.ts'

/** A container that ends so often is in a crash loop: nobody waits for its time limit. */
const exitsOfCrashLoop = 3

/** Events tell at once; a look every second makes up for those that were missed. Milliseconds. */
const lookEvery = 1000

interface Watched {
  readonly container: string
  /** `service api`, for messages. */
  readonly subject: string
  readonly span: Span | undefined
}

/**
 * Follows a container until `signal` aborts, and throws StepError as soon as it cannot become ready any more: it ended and is not
 * started again, ended three times, ran out of memory, or is gone. `onLook` gets each look at it, `onEvent` each event.
 */
export async function watchContainer(
  context: Context,
  { container, subject, span }: Watched,
  observer: {
    readonly onLook: (detail: ContainerDetail) => void
    readonly onEvent: (event: EngineEvent) => void
  },
  signal: AbortSignal,
): Promise<void> {
  let wake: () => void = () => undefined
  const stop = context.bus.listen((event) => {
    if (event.Actor.ID !== container) return
    observer.onEvent(event)
    if (event.Action === 'die' || event.Action === 'oom' || event.Action === 'destroy') wake()
  })
  try {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const detail = await inspected(context, container, subject, span)
      observer.onLook(detail)
      if (isHopeless(detail)) throw await failureOf(context, detail, subject, span)
      await Promise.race([woken, sleep(lookEvery, undefined, { signal }).catch(() => undefined)])
    }
  } finally {
    stop()
  }
}

/** How a container ended that cannot become ready any more, with evidence. */
async function failureOf(
  { engine }: Context,
  detail: ContainerDetail,
  subject: string,
  span: Span | undefined,
): Promise<StepError> {
  const evidence = await evidenceOf(engine, detail)
  const why = detail.State.Error === '' ? endOf(detail) : detail.State.Error
  return new StepError('deploy', `${subject} ${why}`, { span, evidence })
}

async function inspected(
  { engine }: Context,
  container: string,
  subject: string,
  span: Span | undefined,
): Promise<ContainerDetail> {
  try {
    return await inspectContainer(engine, container)
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new StepError('deploy', `${subject}: its container was removed while it was waited for`, { span })
  }
}

function isHopeless({ State, RestartCount }: ContainerDetail): boolean {
  if (State.OOMKilled) return true
  if (RestartCount >= exitsOfCrashLoop) return true
  // Between two starts the engine says "restarting"; "exited" is the end by the restart policy.
  return State.Status === 'exited' || State.Status === 'dead'
}
