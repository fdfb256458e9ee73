import { findDev } from '../attach/client.ts'
import { StepError } from '../plan/step-error.ts'
import { openStack } from '../session/open.ts'
import { attach, demandTarget } from './attached.ts'
import type { Command } from './command.ts'
import { runningDev } from './dev-detach.ts'
import { wantsScreen } from './dev-screen.ts'

/** The terminal UI over the `dev` of this instance, which goes on when it is left. Where none runs, one is started that does so too. */
export const tui: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    if (!around.screen || !wantsScreen(given, around)) {
      const running = await findDev(opened.memory.folder)
      running?.close()
      throw new StepError('precondition', 'there is no terminal here that a screen fits on', {
        hint: running
          ? 'iamstack dev --progress plain tells what happens line by line, iamstack status --watch how it is'
          : 'iamstack dev --detach starts a dev without one; iamstack dev --progress plain tells what happens',
      })
    }
    const found = await findDev(opened.memory.folder)
    if (found) demandTarget(found, opened, given)
    const link = found ?? (await runningDev(opened, given, around))
    return typeof link === 'number' ? link : await attach(link, opened, given, around)
  } finally {
    await opened.close()
  }
}
