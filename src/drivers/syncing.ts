import type { InsideChannel } from '../dev/channel/inside.ts'
import type { Life } from '../plan/resource.ts'

/** How edits get into what runs on a target, and how a program there is made to see them. */
export interface Syncing {
  /** A way into a container that runs. StepError or ChannelError when there is none. */
  open(service: string, life: Life, signal: AbortSignal): Promise<InsideChannel>
  /** Runs a command line by the container's shell, in the service's working directory; the output is both streams' end. */
  run(
    service: string,
    life: Life,
    line: string,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly output: string }>
  /** Whether it is there and runs: what could not be written to one that went away is the next one's. */
  isRunning(service: string, life: Life, signal: AbortSignal): Promise<boolean>
  /** Ends the container's program and starts it again with all that was written into it. Absent where that would be lost. */
  restart?(service: string, life: Life, signal: AbortSignal): Promise<void>
  /** Calls back after containers of the stack began or ended, until the signal is aborted. */
  watch(onChange: () => void, signal: AbortSignal): void
}
