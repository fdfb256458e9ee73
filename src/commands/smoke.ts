import type { Smoke } from '../resolve/resolved.ts'
import { formatTable } from '../report/table.ts'
import { duration } from '../report/words.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { execute } from '../session/execute.ts'
import { planLine } from '../session/line.ts'
import { imagesOfChecks, runSmokeChecks } from '../session/smoke.ts'
import { UsageError } from './arguments.ts'
import { exitCodes, type Command } from './command.ts'

/** Runs the smoke tests against what runs now. */
export const smoke: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    const unknown = given.operands.filter((name) => !opened.stack.smoke.some((each) => each.name === name))
    if (unknown.length > 0)
      throw new UsageError(
        `there is no smoke test ${unknown.join(', ')}`,
        `the stack has ${opened.stack.smoke.map(({ name }) => name).join(', ') || 'none'}`,
      )
    const checks = opened.stack.smoke.filter(
      ({ name }) => given.operands.length === 0 || given.operands.includes(name),
    )
    await provideImages(opened, checks, around.signal)
    const results = await runSmokeChecks(opened, checks, around.signal)
    around.stdout.write(
      given.text('output') === 'json'
        ? `${JSON.stringify(results)}\n`
        : `${formatTable(results.map((each) => [each.outcome === 'passed' ? '✔' : '✘', each.check, duration(each.milliseconds), each.message ?? '']))}\n`,
    )
    return results.some(({ outcome }) => outcome === 'failed') ? exitCodes.smoke : exitCodes.ok
  } finally {
    await opened.close()
  }
}

/** Builds or fetches what checks run, where it is not there yet. */
async function provideImages(opened: Opened, checks: readonly Smoke[], signal: AbortSignal): Promise<void> {
  const images = imagesOfChecks(checks)
  if (images.size === 0) return
  const facts = await opened.gather('change')
  const { plan } = await planLine(opened.driver, opened.stack, facts, { images, selection: images }, signal)
  const { failures } = await execute(opened, plan, { wait: true, signal })
  const [first] = failures
  if (first) throw first.error
}

export async function runSmokeTests(
  opened: Opened,
  checks: readonly Smoke[],
  signal: AbortSignal,
): Promise<number> {
  const results = await runSmokeChecks(opened, checks, signal)
  return results.some(({ outcome }) => outcome === 'failed') ? exitCodes.smoke : exitCodes.ok
}
