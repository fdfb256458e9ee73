import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudFormation } from '../../../platform/aws/cloudformation.ts'
import type { SeenStack, StackEvent } from '../../../platform/aws/cloudformation-words.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Pace } from '../place.ts'
import { conditionOf } from './condition.ts'

export interface Follow {
  readonly cloudFormation: CloudFormation
  /** By its id: what is gone has no name any more. */
  readonly stack: Pick<SeenStack, 'id' | 'name'>
  /** The last event before what is followed; undefined: from where CloudFormation began with what it is at. */
  readonly since: string | undefined
  readonly pace: Pace
  /** Epoch milliseconds after which nobody waits any longer. */
  readonly until: number
  readonly signal: AbortSignal
  readonly tell: (event: StackEvent) => void
}

export interface Followed {
  /** As it is now that CloudFormation has come to an end. Undefined: gone. */
  readonly stack: SeenStack | undefined
  readonly events: readonly StackEvent[]
}

/**
 * Tells events as they come until CloudFormation has done with a stack, well or not. It looks often while something happens, and
 * ever more rarely while nothing does.
 */
export async function follow(options: Follow): Promise<Followed> {
  const { cloudFormation, stack, since, pace, until, signal, tell } = options
  const events: StackEvent[] = []
  let last = since
  let pause = pace.first
  for (;;) {
    // First the stack, then its events: what happened before the end is told in any case.
    const seen = await cloudFormation.stack(stack.id, signal)
    const found = await cloudFormation.events(stack.id, last, signal)
    const fresh = last === undefined ? sinceBeginning(found, stack.name) : found
    for (const event of fresh) if (event.resource !== stack.name) tell(event)
    events.push(...fresh)
    last = found.at(-1)?.id ?? last
    const condition = conditionOf(seen)
    if (condition !== 'busy' && condition !== 'reserved')
      return { stack: condition === 'absent' ? undefined : seen, events }
    if (Date.now() > until) throw tooLate(stack.name, events)
    pause = fresh.length > 0 ? pace.first : Math.min(pause * 1.5, pace.longest)
    await sleep(pause, undefined, { signal })
  }
}

/** From the last time that the stack as a whole began something; undoing is part of what failed before it. */
function sinceBeginning(events: readonly StackEvent[], name: string): readonly StackEvent[] {
  const begin = events.findLastIndex(
    ({ resource, status }) => resource === name && /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(status),
  )
  return events.slice(Math.max(begin, 0))
}

function tooLate(name: string, events: readonly StackEvent[]): StepError {
  const open = new Map<string, string>()
  for (const { resource, type, status } of events) {
    if (status.endsWith('_IN_PROGRESS')) open.set(resource, `${resource} (${type}): ${status}`)
    else open.delete(resource)
  }
  open.delete(name)
  return new StepError('timeout', `CloudFormation is still at the stack ${name}`, {
    evidence: [...open.values()],
    hint: 'it goes on by itself; run the command again to go on waiting',
    isTerminal: false,
  })
}
