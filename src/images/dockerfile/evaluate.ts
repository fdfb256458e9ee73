import { posix } from 'node:path'
import type { Diagnostic, Span } from '../../stack/diagnostics.ts'
import { errorAt } from '../../stack/diagnostics.ts'
import { applyToConfig, without } from './evaluate-config.ts'
import type { ImageSource, StageGraph, StageNode } from './graph.ts'
import { reachableStages, resolveSource } from './graph.ts'
import type { ImageConfig } from './image-config.ts'
import type { CopyInstruction, Instruction, RunInstruction, Stage } from './instructions.ts'
import type { ExpandedMount } from './mount.ts'
import { expandMount } from './mount.ts'
import { parseTrigger } from './parse.ts'
import type { BuildInputs, Expanded, Scope } from './scope.ts'
import type { Expand, StageState } from './stage-state.ts'
import { absolute, addDirectory, declareArgs, initialState, setEnvironment } from './stage-state.ts'
import { expandIn } from './scope.ts'

/** A COPY or ADD with its variables expanded. */
export interface CopyStep {
  readonly kind: 'copy'
  readonly instruction: CopyInstruction
  /** Undefined means the build context. */
  readonly from?: ImageSource
  readonly sources: readonly Expanded[]
  /** Absolute, without a slash at the end; undefined where it depends on the base image's WORKDIR or ENV. */
  readonly destination?: string
  /** The destination is written as a directory or is one that earlier instructions made. */
  readonly isDirectory: boolean
  readonly exclude: readonly string[]
}

/** A RUN with its mounts expanded. */
export interface RunStep {
  readonly kind: 'run'
  readonly instruction: RunInstruction
  readonly mounts: readonly (ExpandedMount & { readonly image?: ImageSource })[]
}

/** A stage as it is built with given arguments. */
export interface EvaluatedStage {
  readonly node: StageNode
  /** Those instructions that bring or change files, ONBUILD triggers of the base included. */
  readonly steps: readonly (CopyStep | RunStep)[]
  /** Every instruction that runs, triggers included, for the hash. */
  readonly instructions: readonly Instruction[]
  readonly config: ImageConfig
  /** The arguments that the stage declares: a value, undefined for none, `unknown` for one that only the engine knows. */
  readonly args: ReadonlyMap<string, string | undefined>
  /** False where a base image that is not known may say more than `config`. */
  readonly isComplete: boolean
}

/** Runs through the stages that `target` needs, expanding what they read and collecting what they declare. */
export function evaluateStages(
  graph: StageGraph,
  target: number,
  inputs: BuildInputs,
  findings: Diagnostic[],
): ReadonlyMap<number, EvaluatedStage> {
  const states = new Map<number, StageState>()
  const evaluated = new Map<number, EvaluatedStage>()
  for (const index of reachableStages(graph, target)) {
    const node = graph.nodes[index]
    if (!node) continue
    findings.push(...node.problems)
    const state = initialState(node, states, inputs)
    states.set(index, state)
    evaluated.set(index, evaluateStage(graph, node, state, inputs, findings))
  }
  return evaluated
}

function evaluateStage(
  graph: StageGraph,
  node: StageNode,
  state: StageState,
  inputs: BuildInputs,
  findings: Diagnostic[],
): EvaluatedStage {
  const steps: (CopyStep | RunStep)[] = []
  const args = new Map<string, string | undefined>()
  const escape = graph.dockerfile.directives.escape
  const triggers = triggersOf(state.config.onBuild, node.stage, findings)
  state.config = { ...state.config, onBuild: [] }
  const instructions = [...triggers, ...node.stage.instructions]
  let hasCommand = false
  for (const instruction of instructions) {
    const scope: Scope = { values: state.values, unknown: state.unknown, isOpen: state.isOpen }
    const expand = (text: string, span: Span): Expanded => expandIn(scope, text, span, { escape }, findings)
    switch (instruction.kind) {
      case 'arg':
        declareArgs(instruction, graph.scope, state, inputs, args, expand)
        break
      case 'copy':
      case 'add':
        steps.push(copyStep(graph, node.stage, instruction, state, expand, findings))
        break
      case 'run':
        steps.push(runStep(graph, node.stage, instruction, expand, findings))
        break
      case 'env':
        setEnvironment(state, instruction.pairs, expand)
        break
      case 'workdir': {
        const path = expand(instruction.value.text, instruction.value.span)
        state.workdir = path.isKnown ? absolute(state.workdir, path.value) : undefined
        addDirectory(state.directories, state.workdir)
        const rest = without(state.config, 'workingDirectory')
        state.config = state.workdir === undefined ? rest : { ...rest, workingDirectory: state.workdir }
        break
      }
      default:
        state.config = applyToConfig(state.config, instruction, { expand, hasCommand, findings })
        hasCommand ||= instruction.kind === 'cmd'
    }
  }
  return { node, steps, instructions, config: state.config, args, isComplete: state.isComplete }
}

function triggersOf(triggers: readonly string[], stage: Stage, findings: Diagnostic[]): Instruction[] {
  return triggers.flatMap((text) => {
    const parsed = parseTrigger(text, stage.from.span.file)
    if (parsed.ok) return parsed.value ?? []
    const message = `the base image's ONBUILD trigger cannot be read: ${parsed.errors[0]?.message ?? text}`
    findings.push(errorAt('dockerfile/onbuild', message, stage.from.image.span))
    return []
  })
}

function copyStep(
  graph: StageGraph,
  stage: Stage,
  instruction: CopyInstruction,
  state: StageState,
  expand: Expand,
  findings: Diagnostic[],
): CopyStep {
  const written = expand(instruction.destination.text, instruction.destination.span)
  const destination = written.isKnown ? absolute(state.workdir, written.value) : undefined
  const isWritten = /(?:^|\/)\.?$/.test(written.value) || instruction.keepsParents
  const isDirectory = isWritten || (destination !== undefined && state.directories.has(destination))
  if (destination !== undefined) {
    addDirectory(state.directories, isDirectory ? destination : posix.dirname(destination))
  }
  // The graph has reported what is wrong with it already.
  const from = instruction.from && resolveSource(graph.dockerfile, stage, instruction.from, true, [])
  const sources = instruction.sources.map((source) => expand(source.text, source.span))
  if (instruction.kind === 'copy' && !from) reportRemote(instruction, sources, findings)
  return {
    kind: 'copy',
    instruction,
    sources,
    isDirectory,
    exclude: instruction.exclude.map((word) => expand(word.text, word.span).value),
    ...(from && { from }),
    ...(destination !== undefined && { destination }),
  }
}

function reportRemote(
  instruction: CopyInstruction,
  sources: readonly Expanded[],
  findings: Diagnostic[],
): void {
  for (const [index, source] of sources.entries()) {
    if (!isRemote(source.value)) continue
    const span = instruction.sources[index]?.span ?? instruction.span
    const message = 'COPY takes files of the context; only ADD fetches a URL or a repository'
    findings.push(errorAt('dockerfile/copy-remote', message, span, `ADD ${source.value} …`))
  }
}

/** A URL or a git repository, which ADD fetches. */
export function isRemote(source: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@[^/]*:/.test(source)
}

function runStep(
  graph: StageGraph,
  stage: Stage,
  instruction: RunInstruction,
  expand: Expand,
  findings: Diagnostic[],
): RunStep {
  const mounts = instruction.mounts.map((mount) => {
    const expanded = expandMount(
      mount,
      (text) => expand(text, mount.span),
      (message, hint) => {
        findings.push(errorAt('dockerfile/mount', message, mount.span, hint))
      },
    )
    const image = expanded.from && resolveSource(graph.dockerfile, stage, expanded.from, false, [])
    return { ...expanded, ...(image && { image }) }
  })
  return { kind: 'run', instruction, mounts }
}
