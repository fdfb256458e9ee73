import { StepError } from '../../plan/step-error.ts'
import { KubeError, type KubeClient } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { ExecRequest } from '../driver.ts'
import { connected, type KubeContext } from './context.ts'
import { wrappedCommand } from './exec-command.ts'
import { startFailure } from './exec-failure.ts'
import { runIn } from './exec-streams.ts'
import { listOptions } from './logs.ts'
import { containersOf, createNumbering, statusOf, type PlacedContainer } from './pod-places.ts'

export type ExecContext = Pick<KubeContext, 'stack' | 'project' | 'namespace' | 'client'>

/** How often a pod may go away before the command has begun. */
const mostTries = 4

/**
 * Runs a command in a replica: the one asked for, else a ready one, else one that runs at all. When the pod goes away before the
 * command has begun, it runs in another one. The result is the command's exit code; 126 and 127 as a shell has them where the
 * image cannot run it.
 */
export async function execIn(
  context: ExecContext,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<number> {
  const client = await connected(context)
  for (let tries = 1; ; tries += 1) {
    const container = await chosenContainer(context, client, request, signal)
    const outcome = await runIn(
      client,
      { namespace: context.namespace, pod: container.pod.name, container: container.name },
      { ...request, command: wrappedCommand(request) },
      signal,
    )
    if (outcome.kind === 'ended') return outcome.exitCode
    if (!isGone(outcome.error) || tries === mostTries)
      return startFailure(outcome.error, request, container, context.stack)
  }
}

/** The pod or its container ended between our look and the start. */
function isGone(error: unknown): boolean {
  if (error instanceof KubeError && error.status === 404) return true
  const words = error instanceof Error ? error.message : ''
  return /container not found|is not running|not created or running|no such container/i.test(words)
}

/** A running container of the service. StepError that says why there is none. */
export async function chosenContainer(
  { stack, ...context }: ExecContext,
  client: KubeClient,
  { service, replica }: Pick<ExecRequest, 'service' | 'replica'>,
  signal: AbortSignal,
): Promise<PlacedContainer> {
  const { items } = await client.list(kinds.Pod, listOptions(context), signal)
  const own = createNumbering(stack)
    .place(items)
    .filter((pod) => replica === undefined || pod.replica === replica)
    .flatMap((pod) => containersOf(pod, stack))
    .filter((each) => !each.isInit && each.service === service && each.label === service)
  const running = own.filter((each) => stateOf(each)?.running !== undefined)
  const staying = running.filter(({ pod }) => pod.object.metadata.deletionTimestamp === undefined)
  const ready = staying.filter((each) => statusOf(each.pod.object, each.name)?.ready === true)
  const container = ready[0] ?? staying[0] ?? running[0]
  if (container) return container
  const which = replica === undefined ? '' : ` ${replica}`
  throw new StepError('precondition', `service ${service}: no replica${which} runs${reasonOf(own)}`, {
    span: stack.services.get(service)?.from,
    evidence: own.map((each) => `${each.pod.name}: ${describeState(each)}`),
    hint: `iamstack up ${service}`,
  })
}

function reasonOf(containers: readonly PlacedContainer[]): string {
  const [first] = containers
  return first ? `: ${describeState(first)}` : ''
}

function describeState(container: PlacedContainer): string {
  const state = stateOf(container)
  if (state?.waiting) {
    const { reason = 'waiting', message } = state.waiting
    return message === undefined || message === '' ? reason : `${reason}: ${message}`
  }
  if (state?.terminated) return `it ended with exit code ${state.terminated.exitCode}`
  const conditions = (container.pod.object['status'] as { conditions?: readonly PodCondition[] } | undefined)
    ?.conditions
  const unscheduled = conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  return unscheduled?.message ?? 'it has not started yet'
}

interface PodCondition {
  readonly type: string
  readonly status: string
  readonly message?: string
}

function stateOf({ pod, name }: PlacedContainer) {
  return statusOf(pod.object, name)?.state
}
