import { findDev, type DevLink } from '../attach/client.ts'
import type { Opened } from '../session/opened.ts'
import type { Arguments } from './arguments.ts'
import { tellLines } from './attached-lines.ts'
import { afterView, demandTarget } from './attached.ts'
import { exitCodes, type Surroundings } from './command.ts'
import { tell } from './dev-turns.ts'
import { startDev } from './start-dev.ts'

/**
 * `dev --detach`: a `dev` in the background, with the lines of its first `up` here, and the exit code of `up`. One that runs
 * already is waited for likewise.
 */
export async function detach(opened: Opened, given: Arguments, around: Surroundings): Promise<number> {
  const link = await runningDev(opened, given, around)
  if (typeof link === 'number') return link
  const end = await tellLines(link, opened, around.signal, true)
  const exitCode = afterView(end, link.hello, opened)
  if (end.kind !== 'left') return exitCode
  // Whoever waits for the first `up` was interrupted in that; `dev` was not.
  const { reason } = around.signal as { readonly reason: unknown }
  const isTimeout = reason instanceof DOMException && reason.name === 'TimeoutError'
  return isTimeout ? exitCodes.timeout : exitCodes.interrupted
}

/** The `dev` of this instance, started when none runs; an exit code when it ended before it could be attached to. */
export async function runningDev(
  opened: Opened,
  given: Arguments,
  around: Surroundings,
): Promise<DevLink | number> {
  const found = await findDev(opened.memory.folder)
  if (found) {
    demandTarget(found, opened, given)
    tell(opened, `dev runs already (process ${found.hello.pid})`)
    return found
  }
  const started = await startDev(opened, given, around)
  if (started.kind === 'running') {
    const { pid, log } = started.link.hello
    tell(
      opened,
      `dev runs in the background (process ${pid}${log === undefined ? '' : `, its lines are in ${log}`})`,
    )
    return started.link
  }
  around.stderr.write(started.words.map((line) => `${line}\n`).join(''))
  return started.exitCode
}
