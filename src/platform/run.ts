/** Why a command gave no exit code of its own. */
export type CommandFailure = 'not-found' | 'not-permitted' | 'timed-out' | 'cancelled' | 'killed' | 'failed'

/** A command that could not be started or did not come to its own end. Never holds input or output: they may be secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly command: string
  readonly reason: CommandFailure

  constructor(command: string, reason: CommandFailure, message: string) {
    super(message)
    this.command = command
    this.reason = reason
  }
}

export interface RunOptions {
  /** Written to standard input, which is then closed. The one way for a secret to reach a command. */
  readonly input?: string | Uint8Array
  /** The whole environment of the command; default: ours. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Milliseconds; default: no limit. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end, without a shell, and keeps its output. A non-zero exit is a result, not an error; throws
 * CommandError when the program cannot be started, is killed, or runs out of time. `argv` is visible to every user of the
 * machine, so it never holds a secret.
 */
export async function run(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<CommandResult> {
  const { execa } = await import('execa')
  const [command, ...rest] = argv
  const result = await execa(command, rest, {
    reject: false,
    extendEnv: options.env === undefined,
    stripFinalNewline: true,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.env !== undefined && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    ...(options.signal !== undefined && { cancelSignal: options.signal }),
  })
  if (result.exitCode !== undefined && !result.timedOut && !result.isCanceled) {
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr }
  }
  if (result.timedOut) {
    throw new CommandError(
      command,
      'timed-out',
      `${command} did not end within ${String(options.timeout)} ms`,
    )
  }
  if (result.isCanceled) throw new CommandError(command, 'cancelled', `${command} was cancelled`)
  if (result.isTerminated) {
    throw new CommandError(command, 'killed', `${command} was ended by ${result.signal ?? 'a signal'}`)
  }
  switch (result.code) {
    case 'ENOENT':
      throw new CommandError(command, 'not-found', `${command} is not installed, or not on PATH`)
    case 'EACCES':
      throw new CommandError(command, 'not-permitted', `${command} may not be executed by this user`)
    default:
      throw new CommandError(
        command,
        'failed',
        `${command} could not be started (${result.code ?? 'unknown'})`,
      )
  }
}
