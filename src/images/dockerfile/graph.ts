import type { Checked, Diagnostic, Span } from '../../stack/diagnostics.ts'
import { checked, errorAt, warningAt } from '../../stack/diagnostics.ts'
import type { Dockerfile, Instruction, Stage, Word } from './instructions.ts'
import { stageLabel } from './instructions.ts'
import { nearest } from './nearest.ts'
import type { BuildInputs, Scope } from './scope.ts'
import { expandIn, globalScope } from './scope.ts'

/** Where files come from: an earlier stage, an image from outside, or nothing. */
export type ImageSource =
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'scratch' }

export interface StageNode {
  readonly stage: Stage
  readonly base: ImageSource
  readonly platform?: string
  /** What `COPY --from` and `RUN --mount=from` read, in the order of the file, without repeats. */
  readonly reads: readonly ImageSource[]
  /** Mistakes that BuildKit finds only where a target reaches the stage. */
  readonly problems: readonly Diagnostic[]
}

/** Which stage needs which, variables of FROM expanded. */
export interface StageGraph {
  readonly dockerfile: Dockerfile
  readonly scope: Scope
  readonly nodes: readonly StageNode[]
}

/** Resolves every FROM and `--from`. Only mistakes that fail any build are findings; the others wait in `problems`. */
export function buildStageGraph(dockerfile: Dockerfile, inputs: BuildInputs): Checked<StageGraph> {
  const findings: Diagnostic[] = []
  const scope = globalScope(dockerfile, inputs, findings)
  const options = { escape: dockerfile.directives.escape }
  const nodes = dockerfile.stages.map((stage): StageNode => {
    const { image, platform } = stage.from
    const reference = expandIn(scope, image.text, image.span, options, findings).value
    if (reference === '') {
      const hint = 'give the variable a default: ARG NAME=image before the first FROM'
      findings.push(errorAt('dockerfile/blank-base', `"${image.text}" is empty`, image.span, hint))
    }
    const chosen = platform && expandIn(scope, platform.text, platform.span, options, findings).value
    const problems: Diagnostic[] = []
    const reads = readsOf(dockerfile, stage, problems)
    findings.push(...problems.filter(isFatalAnywhere))
    return {
      stage,
      base: baseOf(dockerfile, stage, reference, findings),
      ...(chosen !== undefined && chosen !== '' && { platform: chosen }),
      reads,
      problems: problems.filter((problem) => !isFatalAnywhere(problem)),
    }
  })
  return checked({ dockerfile, scope, nodes }, findings)
}

/** The stage that is built: by name (case does not matter), or the last one. */
export function findTarget(graph: StageGraph, target: string | undefined, span?: Span): Checked<number> {
  const { stages, file } = graph.dockerfile
  const last = stages.length - 1
  if (target === undefined || target === '') return checked(last, [])
  const index = stages.findLastIndex((stage) => stage.name === target.toLowerCase())
  if (index >= 0) return checked(index, [])
  const names = stages.flatMap((stage) => stage.name ?? [])
  const near = nearest(target.toLowerCase(), names)
  const known = names.length > 0 ? `stages: ${names.join(', ')}` : 'no stage has a name: FROM … AS name'
  const hint = near === undefined ? known : `did you mean ${near}?`
  const message = `${file} has no stage "${target}"`
  return checked(last, [errorAt('dockerfile/unknown-target', message, span ?? stages[last]?.from.span, hint)])
}

/** The stages that building `target` runs, in the order of the file. */
export function reachableStages(graph: StageGraph, target: number): readonly number[] {
  const reached = new Set<number>()
  const open = [target]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const node = graph.nodes[index]
    if (!node || reached.has(index)) continue
    reached.add(index)
    for (const source of [node.base, ...node.reads]) if (source.kind === 'stage') open.push(source.index)
  }
  return [...reached].sort((a, b) => a - b)
}

/** The images from outside that building `target` needs, in the order of the file, without repeats. */
export function baseImages(graph: StageGraph, target: number): readonly string[] {
  const sources = reachableStages(graph, target).flatMap((index) => {
    const node = graph.nodes[index]
    return node ? [node.base, ...node.reads] : []
  })
  return [...new Set(sources.flatMap((source) => (source.kind === 'image' ? [source.reference] : [])))]
}

function isFatalAnywhere({ code }: Diagnostic): boolean {
  return code === 'dockerfile/stage-index' || code === 'dockerfile/stage-cycle'
}

function baseOf(
  dockerfile: Dockerfile,
  stage: Stage,
  reference: string,
  findings: Diagnostic[],
): ImageSource {
  if (reference === 'scratch') return { kind: 'scratch' }
  const earlier = dockerfile.stages.slice(0, stage.index)
  const index = earlier.findLastIndex((each) => each.name === reference.toLowerCase())
  if (index >= 0) return { kind: 'stage', index }
  const later = dockerfile.stages.find(
    (each) => each.index > stage.index && each.name === reference.toLowerCase(),
  )
  if (later) {
    const message = `the stage "${reference}" is defined later, so this means an image of that name`
    findings.push(warningAt('dockerfile/stage-order', message, stage.from.image.span, 'move that stage up'))
  }
  return { kind: 'image', reference }
}

function readsOf(dockerfile: Dockerfile, stage: Stage, findings: Diagnostic[]): readonly ImageSource[] {
  const sources = stage.instructions.flatMap((instruction) =>
    fromWords(instruction).map(({ word, takesIndex }) =>
      resolveSource(dockerfile, stage, word, takesIndex, findings),
    ),
  )
  const byKey = new Map(sources.map((source) => [JSON.stringify(source), source]))
  return [...byKey.values()]
}

/** The `--from` and `from=` of an instruction; only COPY may name a stage by its index. */
export function fromWords(instruction: Instruction): readonly { word: Word; takesIndex: boolean }[] {
  if (instruction.kind === 'copy') {
    return instruction.from ? [{ word: instruction.from, takesIndex: true }] : []
  }
  if (instruction.kind === 'onbuild') return fromWords(instruction.trigger)
  if (instruction.kind !== 'run') return []
  return instruction.mounts.flatMap((mount) => {
    const from = mount.fields.get('from') ?? ''
    return from === '' ? [] : [{ word: { text: from, span: mount.span }, takesIndex: false }]
  })
}

/** What a `--from` means in a stage. */
export function resolveSource(
  dockerfile: Dockerfile,
  stage: Stage,
  word: Word,
  takesIndex: boolean,
  findings: Diagnostic[],
): ImageSource {
  const { stages } = dockerfile
  const name = word.text.toLowerCase()
  const isIndex = takesIndex && /^\d{1,9}$/.test(name)
  const index = isIndex ? Number(name) : stages.findLastIndex((each) => each.name === name)
  if (isIndex && index >= stages.length) {
    const message = `there is no stage ${name}; they are counted from 0`
    findings.push(errorAt('dockerfile/stage-index', message, word.span))
    return { kind: 'scratch' }
  }
  const found = index >= 0 ? stages[index] : undefined
  if (found && index >= stage.index) {
    const what = index === stage.index ? 'cannot read from itself' : 'must come first'
    const message = `the stage ${index === stage.index ? '' : 'it reads from '}${what}`
    const hint = `${stageLabel(found)} starts on line ${String(found.from.span.line)}`
    const code = index === stage.index ? 'dockerfile/stage-cycle' : 'dockerfile/stage-order'
    findings.push(errorAt(code, message, word.span, hint))
    return { kind: 'scratch' }
  }
  if (found) return { kind: 'stage', index }
  if (name === 'scratch') return { kind: 'scratch' }
  if (takesIndex && word.text.includes('$')) {
    const hint = 'give the image a stage of its own (FROM $X AS name) and say --from=name'
    findings.push(errorAt('dockerfile/from-variable', '--from takes no variables', word.span, hint))
  }
  const near = nearest(
    name,
    stages.slice(0, stage.index).flatMap((each) => each.name ?? []),
  )
  if (near !== undefined && !/[/:@]/.test(name)) {
    const message = `no stage is called "${word.text}", so this means an image of that name`
    findings.push(warningAt('dockerfile/unknown-stage', message, word.span, `did you mean ${near}?`))
  }
  return { kind: 'image', reference: word.text }
}
