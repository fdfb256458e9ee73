import type { Span } from '../../../stack/diagnostics.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { KubeClient } from '../../../platform/kubernetes/client.ts'
import type { KubeContext } from '../context.ts'
import type { Scene } from '../diagnose/scene.ts'
import type { Problem, Verdict } from '../diagnose/verdict.ts'
import type { KubeResource } from '../spec.ts'
import { evidenceOf } from './evidence.ts'

interface Failing {
  readonly context: KubeContext
  readonly client: KubeClient
  readonly wanted: KubeResource
  readonly namespace: string
  readonly scene: Scene
  readonly signal: AbortSignal
}

/** It cannot become ready: why, with what the cluster and the program said, at the line that it is about. */
export async function failure(problem: Problem, failing: Failing): Promise<StepError> {
  const { context, client, wanted, namespace, scene, signal } = failing
  const { hint } = problem
  return new StepError(problem.isTimeout ? 'timeout' : 'deploy', `${subjectOf(wanted)}: ${problem.text}`, {
    span: spanOf(problem, wanted, context),
    evidence: await evidenceOf(client, namespace, problem, scene, signal),
    ...(hint !== undefined && { hint }),
  })
}

/** It might still become ready, but its time is over. */
export async function timeout(
  { detail, held = { about: [] } }: Extract<Verdict, { state: 'waiting' }>,
  milliseconds: number,
  failing: Failing,
): Promise<StepError> {
  const { context, client, wanted, namespace, scene, signal } = failing
  const time = `${String(milliseconds / 1_000)} s`
  const message =
    wanted.kind === 'job'
      ? `${subjectOf(wanted)} did not end within ${time}: ${detail}`
      : `${subjectOf(wanted)} is not ready after ${time}: ${detail}`
  return new StepError('timeout', message, {
    span: spanOf(held, wanted, context),
    evidence: await evidenceOf(client, namespace, held, scene, signal),
    isTerminal: false,
  })
}

/** `service web`. */
function subjectOf({ id }: KubeResource): string {
  return id.replace('/', ' ')
}

/** The line of the stack file that has to do with it, as near as it is known. */
function spanOf(
  { field, volume, log }: Pick<Problem, 'field' | 'volume' | 'log'>,
  wanted: KubeResource,
  { stack }: KubeContext,
): Span {
  if (volume !== undefined) return stack.volumes.get(volume)?.from ?? wanted.from
  if (wanted.kind === 'job') return at(stack.jobs.get(wanted.name), field) ?? wanted.from
  if (wanted.kind !== 'service') return wanted.from
  // Containers of a pod are called like the services that they are.
  const service = stack.services.get(log?.container ?? '') ?? stack.services.get(wanted.name)
  if (field === 'init') return service?.init.find(({ name }) => name === log?.container)?.from ?? wanted.from
  return at(service, field) ?? wanted.from
}

function at(
  declared: { readonly at: (key: string) => Span } | undefined,
  field: string | undefined,
): Span | undefined {
  return field === undefined || field === '' ? undefined : declared?.at(field)
}
