import { createHash } from 'node:crypto'
import type { ContextFile } from './context/content.ts'
import type { EvaluatedStage } from './dockerfile/evaluate.ts'
import type { ImageSource, StageGraph } from './dockerfile/graph.ts'
import { fromWords, resolveSource } from './dockerfile/graph.ts'
import type { Instruction } from './dockerfile/instructions.ts'

export interface HashInput {
  readonly graph: StageGraph
  readonly target: number
  readonly stages: ReadonlyMap<number, EvaluatedStage>
  readonly platform: string | undefined
  readonly baseIdentity: (reference: string) => string | undefined
  readonly extra: readonly string[]
  readonly files: readonly ContextFile[]
}

/** Change it whenever the same input is to be built anew: a mistake here once, a new meaning of a field. */
const scheme = 'iamstack/image/1'

/**
 * The identity of an image before it is built: 64 hex digits over everything that can reach it and nothing else. Not in it:
 * comments, stages that the target does not use, arguments that no reachable stage declares, names and places of stages, mtimes.
 */
export function hashImage(input: HashInput): string {
  const hash = createHash('sha256')
  const add = (...fields: readonly (string | boolean | undefined)[]): void => {
    // JSON of a list is unambiguous about where each field ends.
    hash.update(`${JSON.stringify(fields)}\n`)
  }
  const reachable = [...input.stages.keys()]
  const identityOf = (source: ImageSource): string => {
    switch (source.kind) {
      case 'stage':
        return `stage ${String(reachable.indexOf(source.index))}`
      case 'image':
        return `image ${source.reference} ${input.baseIdentity(source.reference) ?? ''}`
      case 'scratch':
        return 'scratch'
      default: {
        const never: never = source
        return never
      }
    }
  }
  const { dockerfile } = input.graph
  add(scheme, input.platform, dockerfile.directives.syntax, dockerfile.directives.escape)
  add('target', String(reachable.indexOf(input.target)))
  for (const { node, instructions, args } of input.stages.values()) {
    add('from', identityOf(node.base), node.platform)
    for (const [name, value] of args) add('arg', name, value)
    for (const instruction of instructions) {
      const sources = fromWords(instruction).map(({ word, takesIndex }) =>
        identityOf(resolveSource(dockerfile, node.stage, word, takesIndex, [])),
      )
      add('instruction', normalised(instruction), ...sources)
    }
  }
  for (const each of input.extra) add('extra', each)
  for (const file of input.files) add(file.kind, file.path, file.isExecutable, file.content)
  return hash.digest('hex')
}

/** The text with the keyword in upper case and, where a stage is named, without the name: what it resolves to is hashed beside it. */
function normalised(instruction: Instruction): string {
  const text = instruction.text.replace(/^\S+/, (keyword) => keyword.toUpperCase())
  if (instruction.kind === 'onbuild') return `ONBUILD ${normalised(instruction.trigger)}`
  return instruction.kind === 'copy' && instruction.from
    ? text.replace(`--from=${instruction.from.text}`, '--from')
    : text
}
