import type { FillMount } from '../../content/mounts.ts'
import type { Materials } from '../../content/materials.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Job, Process, ResolvedStack, Service } from '../../resolve/resolved.ts'
import type { Facts } from '../facts.ts'

export interface ProcessDriverOptions {
  readonly memory: Memory
  readonly materials: Materials
  readonly fillMount: FillMount
  /**
   * The program and arguments that run the session of a state folder, e.g. `[process.execPath, 'dist/cli.js', '__session', state]`;
   * it must end up in `runSession`.
   */
  readonly sessionCommand: (state: string) => readonly string[]
  /** Tells builds apart: a session of another build is replaced, its processes stay. */
  readonly build: string
  /** What processes inherit, before what the stack declares. Default: the environment of this command. */
  readonly environment?: NodeJS.ProcessEnv
  /** Hides secret values in log lines and evidence. Default: nothing is hidden. */
  readonly redact?: (text: string) => string
}

/** What a resource of this target carries for its own driver. */
export type ProcessSpec =
  | {
      readonly kind: 'service'
      readonly stack: ResolvedStack
      readonly facts: Facts
      readonly service: Service
    }
  | {
      readonly kind: 'job'
      readonly stack: ResolvedStack
      readonly facts: Facts
      readonly job: JobLike
      /** Volumes behind its needs: with new ones its work is to be done again. */
      readonly volumes: readonly string[]
    }
  | { readonly kind: 'volume'; readonly volume: string }
  | { readonly kind: 'gateway'; readonly stack: ResolvedStack; readonly facts: Facts }

/** A job, or a smoke check's program, which is one without a name in the stack. */
export type JobLike = Pick<Job, 'name' | 'env' | 'envFrom' | 'mounts' | 'retries' | 'timeout' | 'run'> & {
  readonly process: Process | undefined
}
