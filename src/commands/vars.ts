import { formatTable } from '../report/table.ts'
import { locationOf } from '../stack/diagnostics.ts'
import { openStack } from '../session/open.ts'
import { exitCodes, type Command } from './command.ts'

/** Every variable with its value and where the value came from. */
export const vars: Command = async (given, around) => {
  const opened = await openStack(given, around, { withoutEngine: true })
  try {
    const variables = [...opened.stack.vars.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
    around.stdout.write(
      given.text('output') === 'json'
        ? `${JSON.stringify(variables)}\n`
        : `${formatTable(variables.map(({ name, value, origin, from }) => [name, JSON.stringify(value), origin, from ? locationOf(from) : '']))}\n`,
    )
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}
