import type { Diagnostic } from '../stack/diagnostics.ts'
import type { Observed, Resource, ResourceId } from '../plan/resource.ts'
import type { Plan, TargetStep } from '../plan/step.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import type { Forwarding } from '../forward/forwarding.ts'
import type { Facts } from './facts.ts'
import type { Syncing } from './syncing.ts'
import type { Event } from '../state/events.ts'

/**
 * The seam between the one line of iamstack and a target. An ability that a target lacks is absent, never a method that throws.
 * Everything is told by events; a driver never prints and never decides what is to be done.
 */
export interface Driver {
  readonly name: 'process' | 'compose' | 'kubernetes'

  /** Fields of the stack that this target cannot honour, each at its line. Pure. */
  check(stack: ResolvedStack): Diagnostic[]

  /**
   * The resources among `desired` that must be there before anything else can be looked at or written down: a cluster that we
   * make. Absent where there is no such thing. Pure.
   */
  foundation?(stack: ResolvedStack): Resource[]

  /** The stack as resources of this target. Pure: the same input gives the same parts and specs. */
  desired(stack: ResolvedStack, facts: Facts): Resource[]

  /** One look at everything of ours under this project: lists only, no look at single things. */
  observe(signal: AbortSignal): Promise<Observed>

  /** A second, dearer look at images alone; made only when a plan would build or pull. */
  observeImages?(wanted: readonly Resource[], signal: AbortSignal): Promise<Observed>

  /**
   * Looks whether the target can take a plan, before anything of it is done. Throws one StepError (`precondition`) for all that is
   * missing; the result are doubts, in words.
   */
  preflight?(plan: Plan, signal: AbortSignal): Promise<readonly string[]>

  /**
   * Carries out one step, up to the milestone `started` (a service) or `completed` (a job, an image, a deletion).
   * Must be safe to repeat after an interruption at any point. Throws StepError.
   */
  apply(step: TargetStep, run: Run): Promise<void>

  /** Comes back when the resource is ready; throws StepError as soon as it cannot become so, with evidence. */
  ready(wanted: Resource, run: Run): Promise<void>

  /** Where a port of a service answers, from this machine. Undefined while it is not exposed or not there. */
  endpoint(service: string, port: string): Promise<Endpoint | undefined>

  /** Where it answers beyond the end of this command. Absent: where `endpoint` says. */
  standing?(service: string, port: string): Promise<Endpoint | undefined>

  /** Log lines of services (all when empty), merged by time; with `follow` it goes on through replacements until aborted. */
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>

  /** Runs a command in a ready replica; the result is the command's own exit code. */
  exec(request: ExecRequest, signal: AbortSignal): Promise<number>

  /**
   * Runs a command beside a ready replica, in a container of its own that sees its network and processes: for images without a
   * shell. `image` undefined: a small one with a shell and the usual tools. Absent where nothing can be put beside a replica.
   */
  debug?(request: ExecRequest, image: string | undefined, signal: AbortSignal): Promise<number>

  /** Runs an image or process to its end beside the stack (smoke `run`). */
  runOnce(request: RunOnceRequest, signal: AbortSignal): Promise<number>

  /** The target's own notation of the stack (a compose file, a process list), for `render`. */
  render(
    resources: readonly Resource[],
    stack: ResolvedStack,
  ): { readonly path: string; readonly text: string }[]

  /** Brings ports to this machine that do not answer here by themselves. Absent where they do. */
  readonly forwarding?: Forwarding

  /** Ways for edits into what runs. Absent where there are none. */
  readonly syncing?: Syncing

  /**
   * What a step would change inside of what it is about, in words. It may ask the target to work that out, and changes nothing.
   * Undefined where nobody can say. Absent where a step says all itself.
   */
  preview?(step: TargetStep, signal: AbortSignal): Promise<readonly string[] | undefined>

  /** What a removal of the whole target has left somewhere else. Absent where nothing of it is elsewhere. Changes nothing. */
  leftovers?(signal: AbortSignal): Promise<readonly Leftover[]>

  /** Lets go of connections. The target keeps what it runs. */
  close(): Promise<void>
}

/** Something of ours that no step deletes any more. */
export interface Leftover {
  /** `disk vol-0123456789abcdef0 (8 GiB)` */
  readonly what: string
  readonly isBillable: boolean
  /** What it costs an hour, in the currency of the profile; undefined where the profile has no price for it. */
  readonly hourly: number | undefined
  /** How to be rid of it. */
  readonly cure: string
}

/** What a step may use while it runs. */
export interface Run {
  readonly signal: AbortSignal
  readonly emit: (event: Event) => void
  /** Says how far a long step is; shown in every view. */
  readonly progress: (resource: ResourceId, text: string) => void
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface LogQuery {
  readonly services: readonly string[]
  readonly follow: boolean
  /** Epoch milliseconds. */
  readonly since: number | undefined
  readonly tail: number | undefined
  /** Of the instance before the present one. */
  readonly previous: boolean
  readonly init: boolean
}

export interface LogLine {
  /** Epoch milliseconds. */
  readonly time: number
  readonly service: string
  readonly replica: number
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

export interface ExecRequest {
  readonly service: string
  readonly command: readonly string[]
  readonly replica: number | undefined
  readonly workingDir: string | undefined
  readonly env: ReadonlyMap<string, string>
  readonly tty: boolean
  readonly stdin: NodeJS.ReadableStream | undefined
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Emits when the terminal changed its size. */
  readonly resize?: { onResize(listener: (columns: number, rows: number) => void): void }
}

export interface RunOnceRequest {
  readonly name: string
  /** The resource made from the smoke check's `run`, by the same rules as a job. */
  readonly job: Resource
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}
