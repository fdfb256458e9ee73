import type { CopyInstruction, RunInstruction, Stage } from '../../images/dockerfile/instructions.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { spanOf } from './cite.ts'

/** From where on a build is new. */
export interface Start {
  readonly stage: Stage
  readonly span: Span
}

/**
 * Where an edit of the Dockerfile first shows, seen from what was built before; the first stage that counts where that is not
 * known. Undefined where the edit changes nothing that counts: a comment, a stage that the target does not use.
 */
export function dockerfileStart(before: ImageIdentity | undefined, now: ImageIdentity): Start | undefined {
  if (!before) return firstStart(now)
  const stages = [...now.stages.values()]
  const earlier = [...before.stages.values()]
  for (const [index, { node, instructions, args }] of stages.entries()) {
    const { stage } = node
    const old = earlier[index]
    const isSame = old && sourceOf(old.node) === sourceOf(node) && isEqual(old.args, args)
    if (!isSame) return { stage, span: stage.from.span }
    const changed = instructions.findIndex(({ text }, at) => old.instructions[at]?.text !== text)
    const instruction = instructions[changed]
    if (instruction) return { stage, span: spanOf(stage, instruction) }
    const last = instructions.at(-1)
    if (old.instructions.length > instructions.length)
      return { stage, span: last ? spanOf(stage, last) : stage.from.span }
  }
  const last = stages.at(-1)
  return last && earlier.length > stages.length
    ? { stage: last.node.stage, span: last.node.stage.from.span }
    : undefined
}

/** All of it, from the first stage that the target needs. */
export function firstStart({ stages, dockerfile }: ImageIdentity): Start {
  const [first] = stages.values()
  if (first) return { stage: first.node.stage, span: first.node.stage.from.span }
  const [stage] = dockerfile.stages
  if (stage) return { stage, span: stage.from.span }
  throw new Error(`${dockerfile.file} was read and has no stage`)
}

/** Where an edit of the ignore file can first matter: the first instruction that reads the context. */
export function ignoreFileStart(identity: ImageIdentity): Start | undefined {
  for (const { node, steps } of identity.stages.values()) {
    const reading = steps.find((step) =>
      step.kind === 'copy'
        ? !step.from && step.sources.length > 0
        : step.mounts.some(({ type, image }) => type === 'bind' && !image),
    )
    const instruction: CopyInstruction | RunInstruction | undefined = reading?.instruction
    if (instruction) return { stage: node.stage, span: spanOf(node.stage, instruction) }
  }
  return undefined
}

/** A base by what it is, not by the name of the stage. */
function sourceOf({ base, platform }: { readonly base: object; readonly platform?: string }): string {
  return JSON.stringify([base, platform])
}

/** Their defaults may stand before the first FROM. */
function isEqual(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other])
}
