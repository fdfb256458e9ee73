import type { ResourceId } from '../plan/resource.ts'
import { execute } from '../session/execute.ts'
import { planLine } from '../session/line.ts'
import { openStack } from '../session/open.ts'
import { UsageError } from './arguments.ts'
import type { Command } from './command.ts'
import { exitCodeOfOutcome } from './outcome.ts'

/** Builds images whose inputs changed; touches no workload. */
export const build: Command = async (given, around) => {
  const opened = await openStack(given, around, { noCache: given.isOn('no-cache') })
  try {
    const unknown = given.operands.filter((name) => !opened.stack.images.has(name))
    if (unknown.length > 0)
      throw new UsageError(
        `there is no image ${unknown.join(', ')}`,
        `the stack has ${[...opened.stack.images.keys()].join(', ') || 'none'}`,
      )
    const names = given.operands.length > 0 ? given.operands : [...opened.stack.images.keys()]
    const images = new Set<ResourceId>(names.map((name): ResourceId => `image/${name}`))
    const lock = await opened.memory.lock('build')
    try {
      const facts = await opened.gather('change')
      const { plan } = await planLine(
        opened.driver,
        opened.stack,
        facts,
        { images, selection: images },
        around.signal,
      )
      return exitCodeOfOutcome(await execute(opened, plan, { wait: true, signal: around.signal }))
    } finally {
      await lock.release()
    }
  } finally {
    await opened.close()
  }
}
