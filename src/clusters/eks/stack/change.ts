import { randomBytes } from 'node:crypto'
import type { CloudFormation } from '../../../platform/aws/cloudformation.ts'
import type { SeenStack } from '../../../platform/aws/cloudformation-words.ts'
import type { Run } from '../../../drivers/driver.ts'
import type { Resource } from '../../../plan/resource.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { EksPlace } from '../place.ts'
import type { CloudStack } from '../stacks.ts'
import { conditionOf } from './condition.ts'
import { stackFailure } from './failure.ts'
import { follow, type Followed } from './follow.ts'
import { mustBeOurs } from './ours.ts'
import { prepareChanges } from './prepare.ts'
import { teller } from './tell.ts'

/**
 * Brings a stack to what its template says, from whatever an earlier attempt left: one that failed is cleared away, one that
 * somebody is at is waited for, a change that could not be undone is undone. Nothing is sent where nothing would change.
 */
export async function bringStack(
  place: EksPlace,
  wanted: CloudStack,
  resource: Resource,
  run: Run,
): Promise<void> {
  const cloudFormation = await place.cloudFormation(run.signal)
  const until = Date.now() + resource.timeout
  const tried = new Set<string>()
  const tell = teller(run, resource.id)
  const followed = (stack: SeenStack, since: string | undefined): Promise<Followed> =>
    follow({
      cloudFormation,
      stack,
      since,
      until,
      pace: place.pace,
      signal: run.signal,
      tell,
    })
  /** Clearing away what an attempt left is worth one try: what fails twice fails again. */
  const clear = async (stack: SeenStack, text: string, begin: () => Promise<void>): Promise<void> => {
    run.progress(resource.id, text)
    const since = (await cloudFormation.events(stack.id, undefined, run.signal)).at(-1)?.id
    await begin()
    const end = await followed(stack, since)
    const condition = conditionOf(end.stack)
    if (tried.has(text) || (condition !== 'absent' && condition !== 'standing')) {
      throw stackFailure(text.startsWith('undoing') ? 'changed' : 'deleted', wanted.name, end, resource.from)
    }
    tried.add(text)
  }

  for (;;) {
    const seen = await cloudFormation.stack(wanted.name, run.signal)
    if (seen) mustBeOurs(seen, place.settings)
    const condition = conditionOf(seen)
    if (seen === undefined || condition === 'absent' || condition === 'reserved') {
      await applyChanges({ place, cloudFormation, wanted, resource, seen, run, followed }, 'CREATE')
      return
    }
    switch (condition) {
      case 'busy':
        run.progress(resource.id, `waiting for what CloudFormation is at (${seen.status})`)
        await followed(seen, undefined)
        break
      case 'dead':
      case 'half-deleted':
        await clear(seen, 'clearing away what an attempt left', () =>
          cloudFormation.remove(seen.name, run.signal),
        )
        break
      case 'stuck':
        await clear(seen, 'undoing a change that failed', () =>
          cloudFormation.continueRollback(seen.name, run.signal),
        )
        break
      case 'standing':
        if (seen.outputs['Digest'] === wanted.digest) return
        await applyChanges({ place, cloudFormation, wanted, resource, seen, run, followed }, 'UPDATE')
        return
      default:
        condition satisfies never
    }
  }
}

interface Change {
  readonly place: EksPlace
  readonly cloudFormation: CloudFormation
  readonly wanted: CloudStack
  readonly resource: Resource
  readonly seen: SeenStack | undefined
  readonly run: Run
  readonly followed: (stack: SeenStack, since: string | undefined) => Promise<Followed>
}

async function applyChanges(change: Change, type: 'CREATE' | 'UPDATE'): Promise<void> {
  const { cloudFormation, wanted, resource, run, followed } = change
  const { signal } = run
  // Its own for each attempt: AWS would take an old name for the old attempt.
  const name = `iamstack-${wanted.digest}-${randomBytes(4).toString('hex')}`
  const changes = await prepareChanges({ ...change, signal }, type, name)
  if (changes === undefined) return
  run.progress(
    resource.id,
    `${changes.length} ${changes.length === 1 ? 'change' : 'changes'} in ${wanted.name}`,
  )
  const stack = await cloudFormation.stack(wanted.name, signal)
  if (!stack) throw new StepError('deploy', `the CloudFormation stack ${wanted.name} went away meanwhile`)
  const since = (await cloudFormation.events(stack.id, undefined, signal)).at(-1)?.id
  await cloudFormation.execute(wanted.name, name, signal)
  const end = await followed(stack, since)
  const isDone = end.stack?.status === `${type}_COMPLETE`
  if (!isDone) throw stackFailure(type === 'CREATE' ? 'made' : 'changed', wanted.name, end, resource.from)
}
