import { colourStyle, plainStyle, styleFor, type Style } from '../report/style.ts'
import { clockTime, visible } from '../report/words.ts'
import { openStack } from '../session/open.ts'
import { readDuration } from '../stack/schema/quantities.ts'
import type { LogLine } from '../drivers/driver.ts'
import { UsageError } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command } from './command.ts'

/** Lines of services, merged by time. With `--follow` it goes on through restarts and replacements until interrupted. */
export const logs: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    // Programs may write what they were given: it is known here before the first line passes.
    await opened.recallSecrets()
    const style = styleFor(given.text('ansi'), around.stdout, around.env)
    const names = given.operands.length > 0 ? given.operands : [...opened.stack.services.keys()]
    const width = Math.max(...names.map((name) => name.length)) + 3
    const query = {
      services: given.operands,
      follow: given.isOn('follow'),
      since: sinceOf(given.text('since')),
      tail: tailOf(given.text('tail')),
      previous: given.isOn('previous'),
      init: given.isOn('init'),
    }
    try {
      for await (const line of opened.driver.logs(query, around.signal)) {
        const text = opened.redact(line.text)
        const told =
          given.text('output') === 'json'
            ? JSON.stringify({ ...line, text })
            : formatLine({ ...line, text }, width, given.isOn('timestamps'), names, style)
        if (!around.stdout.write(`${told}\n`))
          await new Promise((resolve) => around.stdout.once('drain', resolve))
      }
    } catch (error) {
      // Ctrl-C is how following ends.
      if (!around.signal.aborted) throw error
    }
    return around.signal.aborted && !query.follow ? exitCodes.interrupted : exitCodes.ok
  } finally {
    await opened.close()
  }
}

function formatLine(
  line: LogLine,
  width: number,
  withTime: boolean,
  names: readonly string[],
  style: Style,
): string {
  const who = `${line.service}${line.replica > 1 ? `#${line.replica}` : ''}`.padEnd(width)
  const paint = palette(style)[Math.max(0, names.indexOf(line.service)) % 4] ?? style.dim
  return `${withTime ? `${style.dim(clockTime(line.time))} ` : ''}${paint(who)}${style.dim('│')} ${visible(line.text)}`
}

function palette(style: Style): ((text: string) => string)[] {
  return style === plainStyle
    ? [plainStyle.dim]
    : [colourStyle.green, colourStyle.yellow, colourStyle.magenta, colourStyle.bold]
}

function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const age = readDuration(text)
  if (age === undefined) throw new UsageError(`--since ${text}: expected an age like 10m`)
  return Date.now() - age
}

function tailOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new UsageError(`--tail ${text}: expected a number of lines`)
  return Number(text)
}
