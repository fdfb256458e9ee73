import { formatPlan } from '../plan/format.ts'
import { openStack } from '../session/open.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command } from './command.ts'
import { planFor } from './up.ts'

/** What `up` would do, and why. Reads and looks; changes and asks nothing. */
export const planCommand: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    const { plan } = await planFor(opened, given, around.signal, 'look')
    if (given.text('output') === 'json') {
      const steps = plan.steps.map(({ id, op, resource, cause, after, destroys, guarded }) => ({
        id,
        op,
        resource,
        cause,
        after,
        destroys,
        guarded,
      }))
      around.stdout.write(
        `${JSON.stringify({ project: opened.stack.project, steps, unchanged: plan.unchanged, kept: plan.kept })}\n`,
      )
    } else {
      around.stdout.write(`${formatPlan(plan)}\n`)
    }
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}
