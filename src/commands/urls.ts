import { formatTable } from '../report/table.ts'
import { openStack } from '../session/open.ts'
import { urlsOf } from '../session/urls.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command } from './command.ts'

/** Where the exposed ports answer. */
export const urls: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    const found = (await urlsOf(opened)).filter(
      ({ service }) => given.operands.length === 0 || given.operands.includes(service),
    )
    around.stdout.write(
      given.text('output') === 'json'
        ? found.map((each) => `${JSON.stringify(each)}\n`).join('')
        : found.length === 0
          ? 'no port is exposed and answering\n'
          : `${formatTable(found.map(({ service, port, url }) => [service, port, url]))}\n`,
    )
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}
