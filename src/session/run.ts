import { exitCodeOf } from '../report/failure.ts'
import type { Opened } from './opened.ts'

/** Tells the beginning and the end of a command that changes something, with its exit code, whichever way it ends. */
export async function withRun(
  opened: Opened,
  command: string,
  signal: AbortSignal,
  body: () => Promise<number>,
): Promise<number> {
  const { stack, emit } = opened
  const began = Date.now()
  const { target, names } = stack.profile
  emit({
    type: 'run.started',
    at: began,
    command,
    stack: stack.name,
    project: stack.project,
    target,
    profiles: names,
  })
  const finish = (exitCode: number): void =>
    emit({ type: 'run.finished', at: Date.now(), exitCode, milliseconds: Date.now() - began })
  try {
    const exitCode = await body()
    finish(exitCode)
    return exitCode
  } catch (error) {
    finish(exitCodeOf(error, signal.aborted))
    throw error
  }
}
