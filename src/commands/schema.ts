import { UsageError } from './arguments.ts'
import { exitCodes, type Command } from './command.ts'

/** JSON Schema for editors and scripts: of the stack file, of profiles, of the events and results that we print. */
export const schema: Command = async (given, around) => {
  const what = given.operands[0] ?? 'stack'
  const { publishedSchema } = await import('../report/schemas.ts')
  const found = await publishedSchema(what)
  if (found === undefined)
    throw new UsageError(`schema: there is no ${what}`, 'stack, profile, events, results')
  around.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`)
  return exitCodes.ok
}
