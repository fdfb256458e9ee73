import { hostname } from 'node:os'
import { awaitDev, findDev, type DevLink } from '../attach/client.ts'
import { LockedError } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import type { Command, Surroundings } from './command.ts'

/** Milliseconds in which another `dev` that has just taken the lock is there to attach to. */
const patience = 3_000

/**
 * `up`, and then the same line again for every edit; Ctrl-C ends it with exit code 0, and `--on-exit` says what becomes of the
 * stack. Where a `dev` of this instance runs already it is attached to instead.
 */
export const dev: Command = async (given, around) => {
  const first = await openStack(given, around)
  try {
    checkNames(first.stack, given.operands)
    if (around.isDetached) return await run(first, given, around)
    if (given.isOn('detach')) return await (await import('./dev-detach.ts')).detach(first, given, around)
    const found = await findOther(first)
    if (found.link) return await attach(found.link, first, given, around)
    try {
      return await run(first, given, around)
    } catch (error) {
      if (!isHeldByDev(error)) throw error
      if (found.problem) throw found.problem
      // It was faster, and has just begun.
      const other = await awaitDev(first.memory.folder, patience).catch(() => undefined)
      if (!other) throw error
      return await attach(other, first, given, around)
    }
  } finally {
    await first.close()
  }
}

async function run(first: Opened, given: Arguments, around: Surroundings): Promise<number> {
  return (await import('./dev-run.ts')).runDev(first, given, around)
}

async function attach(link: DevLink, first: Opened, given: Arguments, around: Surroundings): Promise<number> {
  const attached = await import('./attached.ts')
  attached.demandTarget(link, first, given)
  return attached.attach(link, first, given, around)
}

/** A socket that cannot be talked to is no reason not to begin: the lock says whether somebody is at work. */
async function findOther({
  memory,
}: Opened): Promise<{ readonly link?: DevLink | undefined; readonly problem?: StepError }> {
  try {
    return { link: await findDev(memory.folder) }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return { problem: error }
  }
}

/** By one of this machine, which could be attached to. */
function isHeldByDev(error: unknown): boolean {
  return error instanceof LockedError && error.holder.purpose === 'dev' && error.holder.host === hostname()
}
