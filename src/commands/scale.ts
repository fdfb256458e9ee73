import { StepError } from '../plan/step-error.ts'
import { keepEverything } from '../plan/removals.ts'
import type { ResourceId } from '../plan/resource.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { execute } from '../session/execute.ts'
import { planLine } from '../session/line.ts'
import { locked } from '../session/locked.ts'
import { openStack } from '../session/open.ts'
import { UsageError } from './arguments.ts'
import { checkNames } from './check-names.ts'
import type { Command } from './command.ts'
import { exitCodeOfOutcome } from './outcome.ts'

/** Another number of replicas until the next `up`, which goes back to the stack file and says so. */
export const scale: Command = async (given, around) => {
  const wanted = new Map(given.operands.map(readOperand))
  if (wanted.size === 0) throw new UsageError('scale: name services and numbers, like api=3')
  const opened = await openStack(given, around, { replicas: wanted })
  try {
    checkNames(opened.stack, [...wanted.keys()])
    for (const [name, replicas] of wanted) refuseSingleton(opened.stack, name, replicas)
    return await locked(opened, `scale ${given.operands.join(' ')}`, around.signal, async (signal) => {
      const facts = await opened.gather('change')
      // Only these, and the gateway: it comes with a second replica and goes with it.
      const selection = new Set<ResourceId>([
        ...[...wanted.keys()].map((name): ResourceId => `service/${name}`),
        'gateway/main',
      ])
      const removal = { ...keepEverything, cause: 'nothing is left to balance' }
      const { plan } = await planLine(opened.driver, opened.stack, facts, { selection, removal }, signal)
      return exitCodeOfOutcome(await execute(opened, plan, { wait: true, signal: signal }))
    })
  } finally {
    await opened.close()
  }
}

function readOperand(operand: string): [string, number] {
  const match = /^([^=]+)=(\d{1,4})$/.exec(operand)
  if (!match?.[1]) throw new UsageError(`scale: ${operand} is not of the form SERVICE=N`)
  return [match[1], Number(match[2])]
}

function refuseSingleton(stack: ResolvedStack, name: string, replicas: number): void {
  const service = stack.services.get(name)
  if (!service) throw new UsageError(`scale: ${name} is a job; only services have replicas`)
  if (service.isSingleton && replicas > 1) {
    throw new StepError('precondition', `${name} is a singleton: two of it at once would do its work twice`, {
      span: service.at('singleton'),
      hint: 'remove `singleton: true` if it can run more than once',
    })
  }
}
