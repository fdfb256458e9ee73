import { costOf } from '../cost/cost.ts'
import { costText } from '../cost/format.ts'
import { StepError } from '../plan/step-error.ts'
import { openStack } from '../session/open.ts'
import { exitCodes, type Command } from './command.ts'

/** What the stack costs while it runs, by the prices of its profile. Looks nothing up and asks nobody. */
export const cost: Command = async (given, around) => {
  const opened = await openStack(given, around, { offline: true })
  try {
    const { stack } = opened
    const found = costOf(stack)
    if (!found)
      throw new StepError(
        'precondition',
        `${stack.profile.names.length > 0 ? `the profile ${stack.profile.names.join(', ')}` : 'the stack'} has no prices`,
        {
          hint: 'write them under cost: { cluster-hour: …, node-hour: …, currency: USD, dated: "2025-11-01" }; nothing looks them up',
        },
      )
    if (given.text('output') === 'json') {
      const { currency, dated, hourly, lines, unpriced } = found
      const rows = lines.map(({ price, what, unit, usual, most, unitPrice, hourly: each }) => ({
        price,
        what,
        unit,
        usual,
        most,
        unitPrice,
        hourly: each,
      }))
      const result = { project: stack.project, currency, dated, hourly, lines: rows, unpriced }
      around.stdout.write(`${JSON.stringify(result)}\n`)
    } else {
      around.stdout.write(`${costText(found)}\n`)
    }
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}
