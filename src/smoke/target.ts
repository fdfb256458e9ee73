import type { Endpoint, ExecRequest } from '../drivers/driver.ts'
import type { Smoke, SmokeCheck } from '../resolve/resolved.ts'
import type { Reference } from '../resolve/text.ts'
import type { Failure } from '../state/events.ts'
import type { Materials } from '../content/materials.ts'

/** What smoke tests need of the running stack. */
export interface SmokeTarget {
  /** Where a port of a service answers, from this machine; undefined while it is not exposed or not there. */
  endpoint(service: string, port: string): Promise<Endpoint | undefined>
  /** Runs a command in a ready replica; the result is its exit code. */
  exec(request: ExecRequest, signal: AbortSignal): Promise<number>
  /** Runs the image or process of a check to its end; the result is its exit code. */
  runOnce(check: RunSmoke, output: Output, signal: AbortSignal): Promise<number>
  /**
   * What a reference means on this machine (`host`), or inside a service. Never asked about secrets and captures, nor on the host
   * about ports that `endpoint` knows.
   */
  lookup(reference: Reference, where: 'host' | { readonly service: string }): string | Promise<string>
  /** Hides secrets; every text of a result has been through it. */
  readonly redact: (text: string) => string
}

/** A smoke test with its check narrowed to one kind. */
export type RunSmoke = Smoke & { readonly check: Extract<SmokeCheck, { readonly kind: 'run' }> }

export interface Output {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** How one smoke test ended. Secrets are hidden in all of it. */
export interface SmokeResult {
  readonly check: string
  readonly outcome: 'passed' | 'failed'
  /** Epoch milliseconds of its beginning. */
  readonly at: number
  /** All tries and the pauses between them. */
  readonly milliseconds: number
  readonly tries: number
  /** Of the last try, as far as it came. */
  readonly steps: readonly SmokeStep[]
  readonly failure?: Failure
}

export interface SmokeStep {
  /** `GET /healthz`. */
  readonly name: string
  readonly milliseconds: number
}

/** One try of one check. */
export interface Attempt {
  readonly target: SmokeTarget
  readonly materials: Materials
  /** Aborted when its time is over. */
  readonly signal: AbortSignal
  readonly steps: SmokeStep[]
}
