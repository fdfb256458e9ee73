import { expect, test } from 'vitest'
import { stackResources } from '../../../src/clusters/eks/desired.ts'
import { observeStacks } from '../../../src/clusters/eks/observe.ts'
import type { EksPlace } from '../../../src/clusters/eks/place.ts'
import { bringStack } from '../../../src/clusters/eks/stack/change.ts'
import { removeStack } from '../../../src/clusters/eks/stack/remove.ts'
import { cloudStacks } from '../../../src/clusters/eks/stacks.ts'
import type { CloudFormation } from '../../../src/platform/aws/cloudformation.ts'
import type { SeenStack, StackEvent } from '../../../src/platform/aws/cloudformation-words.ts'
import { failureOf } from './bench.ts'
import { settingsOf } from './eks-stack.ts'

// States that the lab's AWS does not get into, by a CloudFormation that follows a script: after each call that changes something,
// the next of its states.

interface Scripted {
  readonly place: EksPlace
  readonly calls: string[]
  readonly told: string[]
  readonly bring: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** `old`: the digest that a stack had before is not the wanted one. */
async function scripted(
  states: readonly (string | undefined)[],
  {
    digest = 'old',
    events = [],
  }: { readonly digest?: string; readonly events?: readonly Partial<StackEvent>[] } = {},
): Promise<Scripted> {
  const settings = await settingsOf()
  const stacks = cloudStacks(settings)
  const wanted = stacks.find(({ part }) => part === 'network')!
  const calls: string[] = []
  const told: string[] = []
  let index = 0
  /** A change set to make a stack reserves its name. */
  let isReserved = false
  const current = (): SeenStack | undefined => {
    const status = isReserved ? 'REVIEW_IN_PROGRESS' : states[Math.min(index, states.length - 1)]
    return status === undefined
      ? undefined
      : {
          name: wanted.name,
          id: 'id',
          status,
          reason: undefined,
          tags: { 'iamstack:cluster': settings.cluster, 'iamstack:part': 'network' },
          outputs: status.startsWith('REVIEW') ? {} : { Digest: digest },
          parameters: [],
        }
  }
  const turn = (call: string) => (): Promise<void> => {
    calls.push(call)
    isReserved = false
    index += 1
    return Promise.resolve()
  }
  const cloudFormation: CloudFormation = {
    stacks: () => Promise.resolve([current()].filter((each) => each !== undefined)),
    stack: () => {
      const seen = current()
      // What CloudFormation is at ends by itself.
      if (seen?.status.endsWith('_IN_PROGRESS') === true && !seen.status.startsWith('REVIEW')) index += 1
      return Promise.resolve(seen)
    },
    prepare: ({ type }) => {
      calls.push(`prepare ${type}`)
      isReserved = type === 'CREATE'
      return Promise.resolve()
    },
    changeSet: () =>
      Promise.resolve({ status: 'CREATE_COMPLETE', reason: undefined, execution: 'AVAILABLE', changes: [] }),
    execute: turn('execute'),
    dropChangeSet: turn('drop'),
    remove: turn('remove'),
    continueRollback: turn('undo'),
    events: () =>
      Promise.resolve(
        events.map((event, at) => ({
          id: String(at),
          time: at,
          resource: 'Vpc',
          type: 'AWS::EC2::VPC',
          status: 'UPDATE_FAILED',
          reason: undefined,
          ...event,
        })),
      ),
    close: () => undefined,
  }
  const place: EksPlace = {
    settings,
    project: 'shop',
    client: () => Promise.resolve(undefined),
    stacks,
    cloudFormation: () => Promise.resolve(cloudFormation),
    identity: () => Promise.reject(new Error('nobody asks')),
    forgetClient: () => undefined,
    pace: { first: 1, longest: 1 },
  }
  const resource = stackResources(settings, stacks, settings.at()!).find(({ name }) => name === wanted.name)!
  const run = {
    signal: AbortSignal.timeout(5000),
    emit: () => undefined,
    progress: (_id: string, text: string) => told.push(text),
  }
  return {
    place,
    calls,
    told,
    bring: () => bringStack(place, wanted, resource, run),
    remove: () => removeStack(place, wanted.name, resource.id, run),
  }
}

test.each([
  [[undefined, 'CREATE_COMPLETE'], 'prepare CREATE, execute'],
  [['REVIEW_IN_PROGRESS', 'CREATE_IN_PROGRESS', 'CREATE_COMPLETE'], 'prepare CREATE, execute'],
  [['ROLLBACK_COMPLETE', undefined, 'CREATE_COMPLETE'], 'remove, prepare CREATE, execute'],
  [['CREATE_FAILED', 'DELETE_IN_PROGRESS', undefined, 'CREATE_COMPLETE'], 'remove, prepare CREATE, execute'],
  [['DELETE_FAILED', undefined, 'CREATE_COMPLETE'], 'remove, prepare CREATE, execute'],
  [
    ['UPDATE_ROLLBACK_FAILED', 'UPDATE_ROLLBACK_COMPLETE', 'UPDATE_COMPLETE'],
    'undo, prepare UPDATE, execute',
  ],
  [['UPDATE_ROLLBACK_COMPLETE', 'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE'], 'prepare UPDATE, execute'],
  [['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE', 'UPDATE_COMPLETE'], 'prepare UPDATE, execute'],
])('from %j it goes on by: %s (S117)', async (states, calls) => {
  const script = await scripted(states)
  await script.bring()
  expect(script.calls.join(', ')).toBe(calls)
})

test('nothing is sent where the stack says that it is as wanted', async () => {
  const settings = await settingsOf()
  const { digest } = cloudStacks(settings).find(({ part }) => part === 'network')!
  const script = await scripted(['UPDATE_COMPLETE'], { digest })
  await script.bring()
  expect(script.calls).toEqual([])
})

test('a change that cannot be undone a second time is told with its first cause', async () => {
  const script = await scripted(
    ['UPDATE_ROLLBACK_FAILED', 'UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_FAILED'],
    {
      events: [
        { status: 'UPDATE_FAILED', reason: 'Resource update cancelled', resource: 'InternetGateway' },
        { status: 'UPDATE_FAILED', reason: 'somebody deleted it by hand' },
      ],
    },
  )
  expect(await failureOf(script.bring())).toMatchInlineSnapshot(`
    "line 2: deploy: the CloudFormation stack shop-network could not be changed: Vpc (AWS::EC2::VPC): somebody deleted it by hand
      Vpc (AWS::EC2::VPC): somebody deleted it by hand
      Vpc (AWS::EC2::VPC): somebody deleted it by hand
      hint: mend the cause and run the command again: what failed is cleared away, what is there stays"
  `)
  expect(script.calls).toEqual(['undo'])
})

test('what CloudFormation does not want to delete comes back to what it was, and that is told', async () => {
  const script = await scripted(['CREATE_COMPLETE', 'CREATE_COMPLETE'], {
    events: [{ status: 'DELETE_FAILED', reason: 'Export x is in use by y', resource: 'shop-network' }],
  })
  expect(await failureOf(script.remove())).toMatchInlineSnapshot(`
    "line 2: deploy: the CloudFormation stack shop-network could not be deleted: shop-network (AWS::EC2::VPC): Export x is in use by y
      shop-network (AWS::EC2::VPC): Export x is in use by y
      hint: something else still uses it: a load balancer, a volume or a network interface; delete that, then run the command again"
  `)
})

test('what a look says of each state', async () => {
  const states = [
    'CREATE_IN_PROGRESS',
    'CREATE_COMPLETE',
    'CREATE_FAILED',
    'ROLLBACK_IN_PROGRESS',
    'ROLLBACK_COMPLETE',
    'UPDATE_IN_PROGRESS',
    'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    'UPDATE_ROLLBACK_COMPLETE',
    'UPDATE_ROLLBACK_FAILED',
    'DELETE_IN_PROGRESS',
    'DELETE_FAILED',
    'REVIEW_IN_PROGRESS',
  ]
  const lines: string[] = []
  for (const state of states) {
    const { place } = await scripted([state])
    const [seen] = [...(await observeStacks(place, AbortSignal.timeout(1000))).values()]
    const mark = seen?.isTrace
      ? 'a trace'
      : Object.keys(seen?.parts ?? {}).length > 0
        ? 'compared'
        : 'unknown'
    lines.push(`${state}: ${seen?.health ?? ''}, ${mark}: ${seen?.detail ?? ''}`)
  }
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "CREATE_IN_PROGRESS: starting, a trace: CloudFormation is at it (CREATE_IN_PROGRESS)
    CREATE_COMPLETE: ready, compared: there
    CREATE_FAILED: failed, a trace: it could not be made (CREATE_FAILED)
    ROLLBACK_IN_PROGRESS: starting, compared: CloudFormation is at it (ROLLBACK_IN_PROGRESS)
    ROLLBACK_COMPLETE: failed, a trace: it could not be made (ROLLBACK_COMPLETE)
    UPDATE_IN_PROGRESS: starting, compared: CloudFormation is at it (UPDATE_IN_PROGRESS)
    UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: starting, compared: CloudFormation is at it (UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
    UPDATE_ROLLBACK_COMPLETE: ready, compared: a change of it was undone
    UPDATE_ROLLBACK_FAILED: failed, compared: undoing a change failed
    DELETE_IN_PROGRESS: starting, a trace: CloudFormation is at it (DELETE_IN_PROGRESS)
    DELETE_FAILED: failed, a trace: deleting it failed
    REVIEW_IN_PROGRESS: failed, a trace: an attempt to make it was interrupted"
  `)
})
