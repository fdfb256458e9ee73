import { basename } from 'node:path'
import type { Instruction, Stage } from '../../images/dockerfile/instructions.ts'
import { locationOf, type Span } from '../../stack/diagnostics.ts'

const longest = 60

/** An instruction in a sentence: `COPY src ./src (Dockerfile:5)`, flags of RUN left out, cut where it is long. */
export function cite(stage: Stage, instruction: Instruction): string {
  return `${words(instruction)} (${placeIn(spanOf(stage, instruction))})`
}

/** Where an instruction is written; a trigger of the base's ONBUILD has no place of its own but that of the FROM. */
export function spanOf(stage: Stage, instruction: Instruction): Span {
  return stage.instructions.includes(instruction) ? instruction.span : stage.from.span
}

/** `Dockerfile:5`, for a sentence. */
export function placeIn(span: Span): string {
  return locationOf({ ...span, file: basename(span.file) }).replace(/:\d+$/, '')
}

function words({ kind, text }: Instruction): string {
  const oneLine = text.replaceAll(/\s+/g, ' ').trim()
  const [keyword = '', ...rest] = oneLine.split(' ')
  const bare = kind === 'run' ? rest.slice(rest.findIndex((word) => !word.startsWith('--'))) : rest
  const whole = [keyword.toUpperCase(), ...bare].join(' ')
  return whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole
}
