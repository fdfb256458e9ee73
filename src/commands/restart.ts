import type { ResourceId } from '../plan/resource.ts'
import { demandConsent, execute } from '../session/execute.ts'
import { planLine } from '../session/line.ts'
import { locked } from '../session/locked.ts'
import { openStack } from '../session/open.ts'
import { UsageError } from './arguments.ts'
import { checkNames } from './check-names.ts'
import type { Command } from './command.ts'
import { exitCodeOfOutcome } from './outcome.ts'

/** Restarts services although nothing about them changed. */
export const restart: Command = async (given, around) => {
  if (given.operands.length === 0)
    throw new UsageError('restart: name the services', 'iamstack status lists them')
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    return await locked(opened, `restart ${given.operands.join(' ')}`, around.signal, async (signal) => {
      const asked = new Map<ResourceId, string>(
        given.operands.map((name) => [`service/${name}`, 'asked for']),
      )
      const facts = await opened.gather('change')
      const { plan } = await planLine(
        opened.driver,
        opened.stack,
        facts,
        { restart: asked, selection: new Set(asked.keys()) },
        signal,
      )
      demandConsent(plan, given.isOn('yes'), false)
      return exitCodeOfOutcome(await execute(opened, plan, { wait: true, signal: signal }))
    })
  } finally {
    await opened.close()
  }
}
