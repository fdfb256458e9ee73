import { posix } from 'node:path'
import { copyRead } from '../../images/context/reads.ts'
import type { CopyStep } from '../../images/dockerfile/evaluate.ts'
import { stageLabel, type CopyInstruction, type Stage } from '../../images/dockerfile/instructions.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { cite, placeIn, spanOf } from './cite.ts'
import { isNamed, namingCopy } from './naming.ts'
import { looksLikeFile } from './paths.ts'
import { lineOf, stepsBefore, type Sight, type Spread, type Stay } from './spread.ts'
import { mayWrite, writtenBy } from './written.ts'

/** Why a copy into the container would not be what a build makes. */
export interface Obstacle {
  readonly rule: string
  readonly cure: string | undefined
  readonly span: Span
}

/** For files that lie in the image as they are, besides what a RUN makes of them. */
const cureInside =
  'name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done'

/** Those of the build's steps that use a file otherwise than by putting it into the image. */
export function sightObstacle(identity: ImageIdentity, spread: Spread): Obstacle | undefined {
  const own = new Set(lineOf(identity, identity.target).map(({ node }) => node.stage.index))
  const elsewhere = spread.sights.find(({ stage }) => !own.has(stage.index))
  if (elsewhere) return builtElsewhere(identity, spread, elsewhere)
  const [sight] = spread.sights
  if (!sight) return undefined
  const { landings } = spread
  const { stage, instruction, stay } = sight
  const copy = stay?.copies.at(-1)
  const run = cite(stage, instruction)
  if (!stay || !copy)
    return {
      rule: `${run} reads it while the image is built`,
      cure: landings.length > 0 ? cureInside : undefined,
      span: spanOf(stage, instruction),
    }
  const isMovable = spread.entries.length === 1
  return {
    rule: `${run} comes after ${cite(ownerOf(stay, copy), copy)} and may make something of it`,
    cure: isMovable ? `move the COPY below the RUN if that does not read it, or ${cureInside}` : cureInside,
    span: spanOf(stage, instruction),
  }
}

function builtElsewhere(
  identity: ImageIdentity,
  { landings }: Spread,
  { stage, instruction }: Sight,
): Obstacle {
  const product = lineOf(identity, identity.target)
    .flatMap(({ steps }) => steps)
    .find((step) => step.kind === 'copy' && step.from?.kind === 'stage' && step.from.index === stage.index)
  const to = product?.kind === 'copy' ? product.destination : undefined
  const isInside = landings.some(({ place }) => place !== undefined)
  return {
    rule: `built in stage ${stageLabel(stage)} (${placeIn(stage.from.span)}): ${cite(stage, instruction)} may make something of it`,
    cure: isInside
      ? cureInside
      : `build on this machine and name what comes of it in dev.sync: [{ from: …, to: ${to ?? '…'} }]`,
    span: spanOf(stage, instruction),
  }
}

/** A folder that a source names is no folder in the image: what is in it lies below the destination. */
export function folderObstacle(
  identity: ImageIdentity,
  { entries, stays }: Spread,
  path: string,
): Obstacle | undefined {
  const named =
    entries.find(({ stage, instruction }) => isNamed(identity, stage, instruction, path)) ??
    stays.flatMap((stay) => {
      const instruction = namingCopy(stay)
      return instruction ? [{ stage: stay.stage.node.stage, instruction }] : []
    })[0]
  return (
    named &&
    obstacle(named, `it is a folder, and ${cite(named.stage, named.instruction)} copies what is in it`)
  )
}

/** What makes the place of a file in the image uncertain, or its content not that of the file alone. */
export function placeObstacle(identity: ImageIdentity, spread: Spread, path: string): Obstacle | undefined {
  const { stays, landings, entries } = spread
  const isLink = writtenBy(identity).kindOf(path) === 'link'
  const linked = entries.find(
    ({ stage, instruction }) => isLink && isNamed(identity, stage, instruction, path),
  )
  if (linked)
    return obstacle(
      linked,
      `it is a link, and ${cite(linked.stage, linked.instruction)} copies what it leads to`,
    )
  for (const stay of stays) {
    const doubt = doubtAbout(identity, spread, stay, path)
    if (doubt) return doubt
  }
  const [entry] = entries
  if (landings.length > 0 || !entry) return undefined
  const rule = `${cite(entry.stage, entry.instruction)} reads it, and nothing of it gets into the image`
  return obstacle(entry, rule, 'name it in .dockerignore')
}

function doubtAbout(identity: ImageIdentity, spread: Spread, stay: Stay, path: string): Obstacle | undefined {
  const copy = stay.copies.at(-1)
  const step = stay.stage.steps[stay.arrival]
  if (!copy) return undefined
  const at = { stage: ownerOf(stay, copy), instruction: copy }
  if (stay.place === undefined) return unknownPlace(at, stay)
  if (step?.kind === 'copy' && mayBeFolder(identity, stay, step, path))
    return obstacle(
      at,
      `${cite(at.stage, copy)} puts it at ${stay.place}, or into it if that is a folder`,
      `end the destination with a slash where it is a folder, or name the file in it: ${posix.join(stay.place, posix.basename(path))}`,
    )
  const rival =
    step?.kind === 'copy' && hasRival(identity, stay, step, path)
      ? step
      : stay.stage.steps
          .slice(stay.arrival + 1)
          .find((each) => each.kind === 'copy' && isCovered(identity, spread, stay, each, path))
  if (rival?.kind !== 'copy') return undefined
  const { stage } = stay.stage.node
  return obstacle(
    { stage, instruction: rival.instruction },
    `${cite(stage, rival.instruction)} may put another file at ${stay.place}`,
    rival === step ? undefined : 'move the COPY of this file below it',
  )
}

/** The instruction that brings the file may bring another one to the same place: `COPY *\/config.json /etc/app/`. */
function hasRival(
  identity: ImageIdentity,
  { stage, place, before }: Stay,
  step: CopyStep,
  path: string,
): boolean {
  if (place === undefined) return false
  const inner = before?.place?.slice(1)
  const sources = step.sources.filter(
    ({ value, isKnown }) =>
      !step.from || inner === undefined || !copyRead(stage.node.stage, step, value, isKnown).matches(inner),
  )
  return mayWrite({ ...step, sources }, place, path, writtenBy(identity))
}

function isCovered(
  identity: ImageIdentity,
  { stays }: Spread,
  stay: Stay,
  step: CopyStep,
  path: string,
): boolean {
  const { place } = stay
  if (place === undefined || !mayWrite(step, place, path, writtenBy(identity))) return false
  const at = stay.stage.steps.indexOf(step)
  // The same file once more: `COPY package.json ./`, then `COPY . .`. Out of a stage it could still be beside another.
  const isSame = stays.some(
    (other) => other.stage === stay.stage && other.arrival === at && other.place === place,
  )
  return !(isSame && step.from)
}

function unknownPlace(at: { stage: Stage; instruction: CopyInstruction }, stay: Stay): Obstacle {
  const { instruction } = at
  const how = cite(at.stage, instruction)
  const step = stay.stage.steps[stay.arrival]
  if (step?.kind === 'copy' && step.destination === undefined)
    return obstacle(
      at,
      `${how} puts it where the base image's WORKDIR or a variable says, which the Dockerfile does not tell`,
      'write WORKDIR in the Dockerfile, or an absolute destination',
    )
  return instruction.kind === 'add'
    ? obstacle(at, `${how} unpacks it`)
    : obstacle(at, `where ${how} puts it is not known before the build`)
}

/** The destination of one file has no slash at its end, and may be a folder that the base image or a RUN made. */
function mayBeFolder(identity: ImageIdentity, stay: Stay, step: CopyStep, path: string): boolean {
  const { destination } = step
  if (step.isDirectory || destination === undefined || destination !== stay.place) return false
  const written = writtenBy(identity)
  if (written.kindOf(path) === 'directory') return false
  const earlier = stepsBefore(identity, stay)
  const isMade = earlier.some((each) =>
    each.kind === 'run'
      ? each.instruction.text.includes(destination)
      : [...written.places(each.instruction)].some(
          ([place, paths]) =>
            place.startsWith(`${destination}/`) ||
            (place === destination && paths.some((other) => written.kindOf(other) === 'directory')),
        ),
  )
  if (isMade) return true
  if (looksLikeFile(destination)) return false
  const isAllKnown =
    lineOf(identity, stay.stage.node.stage.index).at(-1)?.node.base.kind === 'scratch' &&
    earlier.every((each) => each.kind === 'copy' && !each.from && each.destination !== undefined)
  return !isAllKnown
}

/** The stage that an instruction is written in. */
function ownerOf({ stage, before, copies }: Stay, copy: CopyInstruction): Stage {
  return before && before.copies.length === copies.length ? ownerOf(before, copy) : stage.node.stage
}

function obstacle({ stage, instruction }: Spread['entries'][number], rule: string, cure?: string): Obstacle {
  return { rule, cure, span: spanOf(stage, instruction) }
}
