import { openStack } from '../session/open.ts'
import { exitCodes, type Command } from './command.ts'

/**
 * Checks the stack for a profile: syntax, references, templates, and what the target cannot honour. Reads files and nothing
 * else. Errors end it with StackError; warnings are told.
 */
export const validate: Command = async (given, around) => {
  const opened = await openStack(given, around, { offline: true })
  try {
    await opened.gather('check')
    const { stack } = opened
    const counts = { services: stack.services.size, jobs: stack.jobs.size, images: stack.images.size }
    if (given.text('output') === 'json') {
      around.stdout.write(
        `${JSON.stringify({ ok: true, project: stack.project, target: stack.profile.target, ...counts, warnings: opened.warnings })}\n`,
      )
    } else if (!given.isOn('quiet')) {
      const words = Object.entries(counts).map(
        ([name, count]) => `${count} ${count === 1 ? name.slice(0, -1) : name}`,
      )
      around.stdout.write(`${stack.file} is valid for ${stack.profile.target}: ${words.join(', ')}\n`)
    }
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}
