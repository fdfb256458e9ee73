import type { Diagnostic, Span } from '../../stack/diagnostics.ts'
import { errorAt } from '../../stack/diagnostics.ts'
import type { ExpandOptions } from './expand.ts'
import { expandWord } from './expand.ts'
import type { ImageConfig } from './image-config.ts'
import type { ArgInstruction, Dockerfile } from './instructions.ts'

/** What a build is given from outside. */
export interface BuildInputs {
  readonly args: ReadonlyMap<string, string>
  /** `os/architecture[/variant]`; absent is the engine's own, and `TARGETPLATFORM` and its parts are then not known. */
  readonly platform?: string
  /** The engine's own platform, where known. */
  readonly buildPlatform?: string
  /** What is known about an image from outside the Dockerfile; makes its ENV, WORKDIR and ONBUILD count. */
  readonly baseConfig?: (reference: string) => ImageConfig | undefined
}

/** The variables that an instruction sees. */
export interface Scope {
  readonly values: ReadonlyMap<string, string>
  /** Set, but to a value that only the engine knows. */
  readonly unknown: ReadonlySet<string>
  /** A base image that we have not seen may set any other variable. */
  readonly isOpen: boolean
}

export interface Expanded {
  readonly value: string
  readonly words: readonly string[]
  /** False where the value depends on something that only the engine knows; it is then a guess. */
  readonly isKnown: boolean
}

/** Expands a text in a scope; a mistake in it is reported at `span` and the text kept as written. */
export function expandIn(
  scope: Scope,
  text: string,
  span: Span,
  options: ExpandOptions,
  findings: Diagnostic[],
): Expanded {
  if (!/[$'"]/.test(text) && !text.includes(options.escape)) {
    return { value: text, words: text.split(/\s+/).filter((word) => word !== ''), isKnown: true }
  }
  const expansion = expandWord(text, (name) => scope.values.get(name), options)
  const isKnown = [...expansion.names].every((name) => isKnownIn(scope, name))
  if (expansion.ok) return { ...expansion, isKnown }
  if (isKnown) findings.push(errorAt('dockerfile/expansion', expansion.message, span))
  return { value: text, words: [text], isKnown: false }
}

export function isKnownIn(scope: Scope, name: string): boolean {
  return scope.values.has(name) || !(scope.isOpen || scope.unknown.has(name))
}

/** The scope of FROM: `ARG` before the first stage, and the platform arguments that BuildKit sets by itself. */
export function globalScope(dockerfile: Dockerfile, inputs: BuildInputs, findings: Diagnostic[]): Scope {
  const { values, unknown } = platformScope(inputs)
  for (const instruction of dockerfile.globalArgs) declare(instruction)
  return { values, unknown, isOpen: false }

  function declare(instruction: ArgInstruction): void {
    for (const arg of instruction.args) {
      const given = inputs.args.get(arg.name)
      const scope = { values, unknown, isOpen: false }
      const options = { escape: dockerfile.directives.escape }
      const fallback =
        given === undefined && arg.value !== undefined
          ? expandIn(scope, arg.value, arg.span, options, findings)
          : undefined
      // Without a value here a predefined one stays.
      const value = given ?? fallback?.value ?? values.get(arg.name)
      if (fallback?.isKnown === false) unknown.add(arg.name)
      else if (value !== undefined) {
        values.set(arg.name, value)
        unknown.delete(arg.name)
      }
    }
  }
}

function platformScope(inputs: BuildInputs): { values: Map<string, string>; unknown: Set<string> } {
  const values = new Map<string, string>()
  const unknown = new Set<string>()
  for (const [prefix, platform] of [
    ['TARGET', inputs.platform],
    ['BUILD', inputs.buildPlatform],
  ] as const) {
    const [os = '', architecture = '', variant = ''] = platform?.split('/') ?? []
    const parts = { PLATFORM: platform, OS: os, ARCH: architecture, VARIANT: variant }
    for (const [part, own] of Object.entries(parts)) {
      const name = prefix + part
      const value = inputs.args.get(name) ?? (platform === undefined ? undefined : own)
      if (value === undefined) unknown.add(name)
      else values.set(name, value)
    }
  }
  return { values, unknown }
}
