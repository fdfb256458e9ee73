import { projectLabel } from '../../drivers/kubernetes/labels.ts'
import { digest } from '../../plan/hash.ts'
import type { Observed, ObservedResource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { KubeError } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { SeenStack } from '../../platform/aws/cloudformation-words.ts'
import { heldBy, stackId } from './desired.ts'
import type { EksPlace } from './place.ts'
import { conditionOf, conditionText } from './stack/condition.ts'
import { isOurs, mustBeOurs } from './stack/ours.ts'

/**
 * The stacks of the cluster, those too that the profile no longer names: one list. A stack that has a name of ours and is
 * somebody else's is refused.
 */
export async function observeStacks(place: EksPlace, signal: AbortSignal): Promise<Observed> {
  const { settings, stacks } = place
  const seen = await (await place.cloudFormation(signal)).stacks(signal)
  const names = new Set(stacks.map(({ name }) => name))
  for (const stack of seen) if (names.has(stack.name)) mustBeOurs(stack, settings)
  const own = seen.filter((stack) => isOurs(stack, settings))
  const inUse = own.length > 0 ? await otherUsers(place, signal) : undefined
  return new Map(
    own.map((stack) => [
      stackId(stack.name),
      { ...observed(stack, place), ...(inUse !== undefined && { inUse }) },
    ]),
  )
}

/** Other projects of ours that live in the cluster. One that answers to nobody serves nobody: it costs, and may go. */
async function otherUsers({ client, project }: EksPlace, signal: AbortSignal): Promise<string | undefined> {
  try {
    const opened = await client(signal)
    const query = { namespace: undefined, labelSelector: projectLabel }
    const items = (await opened?.list(kinds.Namespace, query, signal))?.items ?? []
    const projects = items.flatMap(({ metadata }) => metadata.labels?.[projectLabel] ?? [])
    const users = [...new Set(projects)].filter((each) => each !== project).sort()
    return users.length === 0 ? undefined : `${users.join(', ')} ${users.length === 1 ? 'uses' : 'use'} it`
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof KubeError || error instanceof StepError) return undefined
    throw error
  }
}

function observed(stack: SeenStack, { settings }: EksPlace): ObservedResource {
  const part = stack.tags['iamstack:part'] ?? ''
  const content = stack.outputs['Digest']
  const base = {
    id: stackId(stack.name),
    replicas: undefined,
    detail: conditionText(stack),
    holdsData: heldBy(settings, part),
    facts: { stack: stack.name, status: stack.status },
  }
  const condition = conditionOf(stack)
  const isGrowing = stack.status === 'CREATE_IN_PROGRESS' || stack.status === 'DELETE_IN_PROGRESS'
  switch (condition) {
    case 'standing':
      return { ...base, health: 'ready', parts: { template: digest(content ?? 'of nothing') } }
    case 'busy':
      // What becomes of it is not known yet; the step that is planned waits for it, and looks again.
      return isGrowing
        ? { ...base, health: 'starting', parts: undefined, isTrace: true }
        : { ...base, health: 'starting', parts: { template: 'changing' } }
    case 'stuck':
      return { ...base, health: 'failed', parts: { template: 'stuck' } }
    case 'absent':
    case 'reserved':
    case 'dead':
    case 'half-deleted':
      return { ...base, health: 'failed', parts: undefined, isTrace: true }
    default:
      return condition satisfies never
  }
}
