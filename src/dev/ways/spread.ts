import { copyRead, insideContext } from '../../images/context/reads.ts'
import type { CopyStep, EvaluatedStage, RunStep } from '../../images/dockerfile/evaluate.ts'
import type { CopyInstruction, RunInstruction, Stage } from '../../images/dockerfile/instructions.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import { isAtOrBelow } from './paths.ts'
import { writtenBy } from './written.ts'

/** A file of the context in the file system of a stage. */
export interface Stay {
  readonly stage: EvaluatedStage
  /** The index of the step that brought it; -1 where the stage had it from its base. */
  readonly arrival: number
  /** Absolute; undefined where it is not known. */
  readonly place: string | undefined
  /** The COPY from the context and each `COPY --from` after it. */
  readonly copies: readonly CopyInstruction[]
  /** Where it came from; undefined for the context. */
  readonly before: Stay | undefined
}

/** A RUN that can see the file, and so may have made something of it. */
export interface Sight {
  readonly stage: Stage
  readonly instruction: RunInstruction
  /** Undefined where it sees it through a mount. */
  readonly stay: Stay | undefined
}

/** How far a file of the context gets in a build. */
export interface Spread {
  /** The instructions that read it from the context, in the order of the file. */
  readonly entries: readonly {
    readonly stage: Stage
    readonly instruction: CopyInstruction | RunInstruction
  }[]
  readonly stays: readonly Stay[]
  readonly sights: readonly Sight[]
  /** Stays in the stage that becomes the image. */
  readonly landings: readonly Stay[]
}

/**
 * Follows a path of the context through every reachable stage: FROM a stage that has it, `COPY --from`, and mounts of a RUN.
 * Unlike `landingsOf` it keeps every RUN that sees the file anywhere, because what that makes may be copied on under another name.
 */
export function spreadOf(identity: ImageIdentity, path: string): Spread {
  const { stages, target } = identity
  const stays: Stay[] = []
  const sights: Sight[] = []
  const entries = [...identity.destinationsOf(path)].sort(
    (one, other) => one.stage.index - other.stage.index || positionOf(one) - positionOf(other),
  )
  for (const { stage, instruction, destination } of entries) {
    const evaluated = stages.get(stage.index)
    if (!evaluated) continue
    if (instruction.kind === 'run') {
      sights.push({ stage, instruction, stay: undefined })
      continue
    }
    settle({
      stage: evaluated,
      arrival: evaluated.steps.findIndex((step) => step.instruction === instruction),
      place: destination,
      copies: [instruction],
      before: undefined,
    })
  }
  return { entries, stays, sights, landings: stays.filter(({ stage }) => stage.node.stage.index === target) }

  function positionOf({ stage, instruction }: (typeof entries)[number]): number {
    return stages.get(stage.index)?.steps.findIndex((step) => step.instruction === instruction) ?? -1
  }

  function settle(stay: Stay): void {
    const isKnown = stays.some(
      ({ stage, arrival, place }) => stage === stay.stage && arrival === stay.arrival && place === stay.place,
    )
    if (isKnown) return
    stays.push(stay)
    const { index } = stay.stage.node.stage
    for (const step of stay.stage.steps.slice(stay.arrival + 1))
      if (step.kind === 'run')
        sights.push({ stage: stay.stage.node.stage, instruction: step.instruction, stay })
    for (const child of stages.values()) {
      const { base } = child.node
      if (base.kind === 'stage' && base.index === index)
        settle({ ...stay, stage: child, arrival: -1, before: stay })
      for (const [at, step] of child.steps.entries())
        if (step.kind === 'run') look(stay, child, step)
        else if (step.from?.kind === 'stage' && step.from.index === index) carry(stay, child, step, at)
    }
  }

  function look(stay: Stay, child: EvaluatedStage, step: RunStep): void {
    const sees = step.mounts.some(({ image, source }) => {
      if (image?.kind !== 'stage' || image.index !== stay.stage.node.stage.index) return false
      return stay.place === undefined || isAtOrBelow(stay.place, `/${insideContext(source)}`)
    })
    if (sees) sights.push({ stage: child.node.stage, instruction: step.instruction, stay: undefined })
  }

  function carry(stay: Stay, child: EvaluatedStage, step: CopyStep, arrival: number): void {
    for (const source of step.sources) {
      const read = copyRead(child.node.stage, step, source.value, source.isKnown)
      const inner = stay.place?.slice(1)
      const isSure = source.isKnown && inner !== undefined
      const isLinked = writtenBy(identity).links.some((link) => isAtOrBelow(`/${read.source}`, link))
      if (isSure && !isLinked && !read.matches(inner)) continue
      settle({
        stage: child,
        arrival,
        place: isSure && read.matches(inner) ? read.destinationOf(inner) : undefined,
        copies: [...stay.copies, step.instruction],
        before: stay,
      })
    }
  }
}

/** The stage and those that it is FROM, the stage itself first. */
export function lineOf(identity: ImageIdentity, index: number): readonly EvaluatedStage[] {
  const stage = identity.stages.get(index)
  if (!stage) return []
  const { base } = stage.node
  return [stage, ...(base.kind === 'stage' ? lineOf(identity, base.index) : [])]
}

/** The steps of a stage and of those it is FROM that come before a file arrives. */
export function stepsBefore(
  identity: ImageIdentity,
  { stage, arrival }: Stay,
): readonly (CopyStep | RunStep)[] {
  return lineOf(identity, stage.node.stage.index).flatMap(({ steps }, index) =>
    index === 0 ? steps.slice(0, Math.max(0, arrival)) : steps,
  )
}
