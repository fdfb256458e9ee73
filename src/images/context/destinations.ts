import type { EvaluatedStage } from '../dockerfile/evaluate.ts'
import type { CopyInstruction, RunInstruction, Stage } from '../dockerfile/instructions.ts'
import type { ContextRead } from './reads.ts'
import { copyRead } from './reads.ts'

/** An instruction that takes a path of the context, and where it puts it. */
export interface Destination {
  readonly stage: Stage
  /** A RUN reads it through a bind mount and puts it nowhere. */
  readonly instruction: CopyInstruction | RunInstruction
  /** Absolute in the stage's file system; undefined where it is not known or there is none. */
  readonly destination: string | undefined
}

/** A way by which a path of the context gets into the target's file system. */
export interface Landing {
  /** Undefined where the way is known and the place is not. */
  readonly destination: string | undefined
  /** The COPY from the context and each `COPY --from` after it. */
  readonly copies: readonly CopyInstruction[]
  /** Every RUN that sees the file on its way and may make something else of it. */
  readonly runs: readonly RunInstruction[]
}

/** Which instructions of the reachable stages read a path, and where each puts it. */
export function destinationsOf(reads: readonly ContextRead[], path: string): readonly Destination[] {
  return reads
    .filter((read) => read.matches(path))
    .map((read) => ({
      stage: read.stage,
      instruction: read.instruction,
      destination: read.destinationOf(path),
    }))
}

/** Follows a path of the context through FROM and `COPY --from` into the target; empty where only its traces get there. */
export function landingsOf(
  stages: ReadonlyMap<number, EvaluatedStage>,
  target: number,
  reads: readonly ContextRead[],
  path: string,
): readonly Landing[] {
  const landings: Landing[] = []
  const seen = new Set<string>()
  for (const { stage, instruction, destination } of destinationsOf(reads, path)) {
    if (instruction.kind !== 'run') {
      follow(stage.index, instruction, { destination, copies: [instruction], runs: [] })
    }
  }
  return landings

  function follow(index: number, after: CopyInstruction | undefined, landing: Landing): void {
    const evaluated = stages.get(index)
    const key = JSON.stringify([index, landing.destination, landing.copies.map((copy) => copy.span.line)])
    if (!evaluated || seen.has(key)) return
    seen.add(key)
    const start = after ? evaluated.steps.findIndex((step) => step.instruction === after) + 1 : 0
    const later = evaluated.steps
      .slice(start)
      .flatMap((step) => (step.kind === 'run' ? step.instruction : []))
    const here = { ...landing, runs: [...landing.runs, ...later] }
    if (index === target) landings.push(here)
    for (const [next, child] of stages) {
      if (child.node.base.kind === 'stage' && child.node.base.index === index) follow(next, undefined, here)
      carry(index, next, child, here)
    }
  }

  function carry(index: number, next: number, child: EvaluatedStage, landing: Landing): void {
    for (const step of child.steps) {
      if (step.kind !== 'copy' || step.from?.kind !== 'stage' || step.from.index !== index) continue
      for (const source of step.sources) {
        const read = copyRead(child.node.stage, step, source.value, source.isKnown)
        const inside = landing.destination?.slice(1)
        if (inside !== undefined && !read.matches(inside)) continue
        const destination = inside === undefined ? undefined : read.destinationOf(inside)
        follow(next, step.instruction, {
          destination,
          copies: [...landing.copies, step.instruction],
          runs: landing.runs,
        })
      }
    }
  }
}
