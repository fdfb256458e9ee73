import type { ScreenDoor } from '../state/screen.ts'
import type { Arguments } from './arguments.ts'

/** The surroundings of a command; tests give their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly platform: NodeJS.Platform
  /** Aborted by Ctrl-C, SIGTERM and `--timeout`. */
  readonly signal: AbortSignal
  /** The terminal UI; absent where a program has none. */
  readonly screen?: ScreenDoor
  /** This is a `dev` that another run of this program started to outlive it; what it writes goes to a file. Default: false. */
  readonly isDetached?: boolean
}

/** A verb: its result is the exit code (design §5). It throws StackError, StepError, LockedError or UsageError. */
export type Command = (given: Arguments, around: Surroundings) => Promise<number>

export const exitCodes = {
  ok: 0,
  internal: 1,
  invalid: 2,
  build: 3,
  deploy: 4,
  smoke: 5,
  timeout: 6,
  precondition: 7,
  locked: 8,
  leftovers: 9,
  interrupted: 130,
} as const
