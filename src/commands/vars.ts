import { formatTable } from '../report/table.ts'
import { variablesReport } from '../resolve/variables-report.ts'
import { locationOf } from '../stack/diagnostics.ts'
import { openStack } from '../session/open.ts'
import { exitCodes, type Command } from './command.ts'

/** Every variable with its value and where the value came from. */
export const vars: Command = async (given, around) => {
  const opened = await openStack(given, around, { offline: true })
  try {
    const variables = variablesReport(opened.stack)
    around.stdout.write(
      given.text('output') === 'json'
        ? `${JSON.stringify(variables)}\n`
        : `${formatTable(variables.map(({ name, value, source, place }) => [name, JSON.stringify(value), source, place ? locationOf(place) : '']))}\n`,
    )
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}
