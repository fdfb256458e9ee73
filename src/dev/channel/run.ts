import { shellRunProgram } from './shell-run-program.ts'

export interface RunOptions {
  /** What asks the command to end before it is started anew (`TERM`, `SIGQUIT`). Default: TERM. */
  readonly stopSignal?: string
  /** How long it may take for that before it is killed. Default: 10. */
  readonly graceSeconds?: number
}

/** The command of a container whose service is to be restarted inside it, where no agent is there and a shell is. */
export function wrapWithShell(command: readonly string[], options: RunOptions = {}): string[] {
  const { stopSignal, graceSeconds } = withDefaults(options)
  return ['sh', '-c', shellRunProgram, 'iamstack-run', stopSignal, String(graceSeconds), ...command]
}

/** The same with the agent that was put at `path` inside. */
export function wrapWithAgent(path: string, command: readonly string[], options: RunOptions = {}): string[] {
  const { stopSignal, graceSeconds } = withDefaults(options)
  return [path, 'run', '--stop-signal', stopSignal, '--grace', String(graceSeconds), '--', ...command]
}

function withDefaults({ stopSignal = 'TERM', graceSeconds = 10 }: RunOptions): Required<RunOptions> {
  return { stopSignal: stopSignal.toUpperCase().replace(/^SIG/, ''), graceSeconds }
}
