import type { Span } from '../../stack/diagnostics.ts'

/** A piece of a Dockerfile as written (quotes and variables included), with its place. */
export interface Word {
  readonly text: string
  readonly span: Span
}

/** `<<EOF`: the body is as in the file (leading tabs already removed for `<<-`). */
export interface Heredoc {
  readonly name: string
  /** Unquoted delimiters let COPY and ADD expand variables in the body. */
  readonly expands: boolean
  readonly content: string
}

/** `["a", "b"]` is exec form; anything else is one string for the shell. */
export interface CommandLine {
  readonly form: 'exec' | 'shell'
  readonly words: readonly string[]
}

export interface KeyValue {
  readonly key: string
  readonly value: string
  readonly span: Span
}

interface Common {
  /** The first line of the instruction, keyword to end. */
  readonly span: Span
  readonly endLine: number
  /** The whole instruction on one line: continuations joined, comments dropped, heredoc bodies appended. */
  readonly text: string
}

export interface FromInstruction extends Common {
  readonly kind: 'from'
  readonly image: Word
  /** Lower case, as BuildKit compares names. */
  readonly alias?: string
  readonly platform?: Word
}

export interface ArgInstruction extends Common {
  readonly kind: 'arg'
  readonly args: readonly { readonly name: string; readonly value?: string; readonly span: Span }[]
}

export interface EnvInstruction extends Common {
  readonly kind: 'env'
  readonly pairs: readonly KeyValue[]
}

export interface LabelInstruction extends Common {
  readonly kind: 'label'
  readonly pairs: readonly KeyValue[]
}

/** A `--mount`; keys and values are kept unexpanded, because even `type` may be a variable. */
export interface Mount {
  readonly fields: ReadonlyMap<string, string>
  readonly span: Span
}

export interface RunInstruction extends Common {
  readonly kind: 'run'
  readonly command: CommandLine
  readonly mounts: readonly Mount[]
  readonly network?: string
  readonly security?: string
  readonly heredocs: readonly Heredoc[]
}

export interface CopyInstruction extends Common {
  readonly kind: 'copy' | 'add'
  readonly sources: readonly Word[]
  readonly inline: readonly Heredoc[]
  readonly destination: Word
  /** `--from`: a stage, its index, or an image. */
  readonly from?: Word
  readonly chown?: string
  readonly chmod?: string
  readonly isLinked: boolean
  readonly keepsParents: boolean
  readonly exclude: readonly Word[]
  readonly checksum?: string
  readonly keepsGitDirectory: boolean
}

export interface CommandInstruction extends Common {
  readonly kind: 'cmd' | 'entrypoint'
  readonly command: CommandLine
}

export interface ShellInstruction extends Common {
  readonly kind: 'shell'
  readonly shell: readonly string[]
}

/** Durations in milliseconds; absent means the engine's default (30 s, 30 s, 0, 5 s, 3 retries). */
export interface HealthcheckOptions {
  readonly interval?: number
  readonly timeout?: number
  readonly startPeriod?: number
  readonly startInterval?: number
  readonly retries?: number
}

export interface HealthcheckInstruction extends Common {
  readonly kind: 'healthcheck'
  /** Absent for `HEALTHCHECK NONE`, which switches off the check of the base image. */
  readonly check?: { readonly command: CommandLine } & HealthcheckOptions
}

export interface ExposeInstruction extends Common {
  readonly kind: 'expose'
  readonly ports: readonly Word[]
}

export interface VolumeInstruction extends Common {
  readonly kind: 'volume'
  readonly paths: readonly Word[]
}

/** The instructions whose argument is one string. */
export interface ValueInstruction extends Common {
  readonly kind: 'user' | 'workdir' | 'stopsignal' | 'maintainer'
  readonly value: Word
}

export interface OnbuildInstruction extends Common {
  readonly kind: 'onbuild'
  readonly trigger: Instruction
}

/** One instruction of a Dockerfile: all eighteen keywords. */
export type Instruction =
  | FromInstruction
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | CommandInstruction
  | ShellInstruction
  | HealthcheckInstruction
  | ExposeInstruction
  | VolumeInstruction
  | ValueInstruction
  | OnbuildInstruction

/** A stage: `FROM` and what follows it up to the next one. */
export interface Stage {
  /** 0-based, in the order of the file. */
  readonly index: number
  readonly name?: string
  readonly from: FromInstruction
  readonly instructions: readonly Instruction[]
}

export interface Directives {
  /** The frontend image that BuildKit is to fetch, such as `docker/dockerfile:1`. */
  readonly syntax?: string
  readonly escape: '\\' | '`'
  readonly check?: string
}

/** A Dockerfile as read, variables not yet expanded. */
export interface Dockerfile {
  readonly file: string
  readonly directives: Directives
  /** `ARG` before the first `FROM`. */
  readonly globalArgs: readonly ArgInstruction[]
  readonly stages: readonly Stage[]
}

/** `build`, or `stage 2` where it has no name (counted from 0, as `--from=2` does). */
export function stageLabel(stage: Stage): string {
  return stage.name ?? `stage ${String(stage.index)}`
}
