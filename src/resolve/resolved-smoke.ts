import type { Span } from '../stack/diagnostics.ts'
import type { EnvValue, ImageSource, Process } from './resolved-workload.ts'
import type { Text } from './text.ts'

/** Checks of the running stack as `ResolvedStack` holds them. Durations are milliseconds. */

export interface Smoke {
  readonly name: string
  readonly check: SmokeCheck
  readonly timeout: number
  /** How often the whole check is tried before it counts as failed. */
  readonly tries: number
  readonly from: Span
}

export type SmokeCheck =
  | { readonly kind: 'http'; readonly steps: readonly HttpStep[] }
  | { readonly kind: 'tcp'; readonly service: string; readonly port: string }
  | {
      readonly kind: 'exec'
      readonly service: string
      readonly command: readonly Text[]
      readonly workingDir: string | undefined
      readonly expect: OutputExpectation
    }
  | {
      readonly kind: 'run'
      readonly image: ImageSource
      readonly command: readonly Text[] | undefined
      readonly env: ReadonlyMap<string, EnvValue>
      readonly process: Process | undefined
      readonly expect: OutputExpectation
    }

export interface HttpStep {
  readonly method: string
  /** `service:port/path`, or a whole URL. */
  readonly url:
    | { readonly kind: 'service'; readonly service: string; readonly port: string; readonly path: Text }
    | { readonly kind: 'absolute'; readonly url: Text }
  readonly scheme: 'http' | 'https'
  readonly headers: ReadonlyMap<string, Text>
  readonly body: Text | undefined
  readonly tls: {
    readonly ca: string | undefined
    readonly client: { readonly cert: string; readonly leaf: string } | undefined
    readonly insecure: boolean
  }
  readonly capture: ReadonlyMap<string, string>
  readonly expect: {
    readonly status: readonly number[]
    readonly json: ReadonlyMap<string, unknown>
    readonly contains: readonly string[]
    readonly equals: string | undefined
    readonly matches: string | undefined
    readonly headers: ReadonlyMap<string, string>
  }
  readonly from: Span
}

export interface OutputExpectation {
  readonly exit: number
  /** Compared after ANSI sequences are stripped and white space is trimmed. */
  readonly lastLine: string | undefined
  readonly contains: readonly string[]
  readonly matches: string | undefined
}
