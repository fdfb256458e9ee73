import { matchGlob, parseGlob } from '../../images/context/glob.ts'
import { hasWildcards, insideContext, readsOfStage } from '../../images/context/reads.ts'
import type { CopyInstruction, RunInstruction, Stage } from '../../images/dockerfile/instructions.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { Stay } from './spread.ts'

/**
 * Whether a source of an instruction names a path itself, not a folder around it. Links that are named are followed, and of
 * folders that are named the content is copied; what lies in a copied folder stays what it is.
 */
export function isNamed(
  identity: ImageIdentity,
  stage: Stage,
  instruction: CopyInstruction | RunInstruction,
  path: string,
): boolean {
  const evaluated = identity.stages.get(stage.index)
  return (evaluated ? readsOfStage(evaluated) : [])
    .filter((read) => read.instruction === instruction)
    .some(({ source }) => {
      const glob = hasWildcards(source) ? parseGlob(source, 'match') : undefined
      return glob ? matchGlob(glob, path).matches : source === (path === '' ? '.' : path)
    })
}

/** The `COPY --from` that brought a file or folder here, where it names that itself. */
export function namingCopy({ stage, arrival, before }: Stay): CopyInstruction | undefined {
  const step = stage.steps[arrival]
  if (step?.kind !== 'copy' || !step.from || before?.place === undefined) return undefined
  const { place } = before
  return step.sources.some(({ value }) => `/${insideContext(value)}` === place) ? step.instruction : undefined
}
