import { posix } from 'node:path'
import { readsOfStage } from '../../images/context/reads.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import { cite, placeIn, spanOf } from './cite.ts'
import { namingCopy } from './naming.ts'
import type { Obstacle } from './obstacles.ts'
import { isAtOrBelow } from './paths.ts'
import { lineOf, stepsBefore, type Spread, type Stay } from './spread.ts'
import { mayWrite, writtenBy } from './written.ts'

/** Folders in which a base image has files of its own; elsewhere only the Dockerfile puts any. */
const foldersOfSystem = [
  ...['/bin', '/boot', '/dev', '/etc', '/lib', '/lib64', '/proc', '/root', '/run', '/sbin', '/sys', '/tmp'],
  ...['/usr', '/var'],
]
/** Folders of theirs that are for programs of whoever builds on them. */
const foldersForOthers = ['/usr/src']

/**
 * Why the removal of a file is more than a removal inside: the build fails without it, or a file of an earlier layer would show
 * in its place.
 */
export function removalObstacle(
  identity: ImageIdentity,
  { entries, stays }: Spread,
  path: string,
  imagesOfStack: ReadonlySet<string>,
): Obstacle | undefined {
  const carrying = stays.flatMap((stay) => {
    const instruction = namingCopy(stay)
    return instruction ? [{ stage: stay.stage.node.stage, instruction }] : []
  })
  const [naming] = [...entries.filter((entry) => isRequired(identity, entries, entry, path)), ...carrying]
  if (naming) {
    const { stage, instruction } = naming
    const rule = `${cite(stage, instruction)} names it or a link to it, and fails without it`
    return { rule, cure: undefined, span: spanOf(stage, instruction) }
  }
  for (const stay of stays) {
    const below = whatIsBelow(identity, stay, path, imagesOfStack)
    if (below) return below
  }
  return undefined
}

/** Named by the instruction itself, or reached through a link that it names: without its target the link leads nowhere. */
function isRequired(
  identity: ImageIdentity,
  entries: Spread['entries'],
  { stage, instruction }: Spread['entries'][number],
  path: string,
): boolean {
  const evaluated = identity.stages.get(stage.index)
  const own = (evaluated ? readsOfStage(evaluated) : []).filter((read) => read.instruction === instruction)
  const ways = entries.filter((entry) => entry.instruction === instruction).length
  return (
    own.some((read) => !read.isPattern && read.source === path) ||
    ways > own.filter((read) => read.matches(path)).length
  )
}

function whatIsBelow(
  identity: ImageIdentity,
  stay: Stay,
  path: string,
  imagesOfStack: ReadonlySet<string>,
): Obstacle | undefined {
  const { place } = stay
  const { stage } = stay.stage.node
  if (place === undefined || stay.arrival < 0) return undefined
  const earlier = stepsBefore(identity, stay).find((step) =>
    step.kind === 'run'
      ? step.instruction.text.includes(posix.basename(place))
      : mayWrite(step, place, path, writtenBy(identity)),
  )
  if (earlier) {
    const { instruction } = earlier
    const owner =
      lineOf(identity, stage.index).find(({ steps }) => steps.includes(earlier))?.node.stage ?? stage
    const rule = `${cite(owner, instruction)} may have put a file at ${place}, which would show again`
    return { rule, cure: undefined, span: spanOf(owner, instruction) }
  }
  const bottom = lineOf(identity, stage.index).at(-1)?.node
  if (bottom?.base.kind !== 'image' || !isInBase(place, bottom.base.reference, imagesOfStack))
    return undefined
  const { span } = bottom.stage.from
  const rule = `${bottom.base.reference} (${placeIn(span)}) may have a file at ${place}, which would show again`
  return { rule, cure: undefined, span }
}

function isInBase(place: string, reference: string, imagesOfStack: ReadonlySet<string>): boolean {
  const isIn = (folder: string): boolean => isAtOrBelow(place, folder)
  return imagesOfStack.has(reference) || (foldersOfSystem.some(isIn) && !foldersForOthers.some(isIn))
}
