import { CommandError, run } from '../platform/run.ts'

/**
 * Runs the command of a secret in a folder. What it wrote to standard output is the value, without the line break at its end.
 * Throws CommandError when it cannot be started.
 */
export type RunSecretCommand = (
  command: string | readonly string[],
  cwd: string,
) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>

/** Milliseconds; a vault that wants a person is not waited for. */
const patience = 60_000

/** A line goes to the shell, a list runs as it is. The terminal is not lent to it. */
export const runSecretCommand: RunSecretCommand = (command, cwd) => {
  const [program, ...rest] = typeof command === 'string' ? ['sh', '-c', command] : command
  if (program === undefined) throw new CommandError('', 'not-found', 'the command is empty')
  return run([program, ...rest], { cwd, timeout: patience })
}
