import type { Stage } from '../../images/dockerfile/instructions.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { cite, spanOf } from './cite.ts'
import { folderObstacle, placeObstacle, sightObstacle, type Obstacle } from './obstacles.ts'
import { removalObstacle } from './removal.ts'
import { spreadOf, type Spread, type Stay } from './spread.ts'

/** What the Dockerfile says about a path of the context. */
export interface Inference {
  /** Where it lies in the image: every place, or none where one of them is not certain. */
  readonly destinations: readonly string[]
  /** As `COPY --chmod`, in octal digits; undefined: the file's own. */
  readonly mode: string | undefined
  /** As `COPY --chown`; undefined: root. */
  readonly owner: string | undefined
  /** Why a copy into the container would not be what a build makes; undefined: it would. */
  readonly obstacle: Obstacle | undefined
  /** In words, how it gets there. */
  readonly rule: string
  /** The first instruction that reads it: from there on everything is built anew. */
  readonly span: Span
  readonly stage: Stage
}

export interface InferenceInput {
  readonly identity: ImageIdentity
  readonly change: 'write' | 'remove'
  readonly isFolder: boolean
  /** Names under `images`. */
  readonly imagesOfStack: ReadonlySet<string>
}

/** Undefined where no instruction of the image's stages reads the path. */
export function inferenceOf(input: InferenceInput, path: string): Inference | undefined {
  const { identity, change, isFolder, imagesOfStack } = input
  const spread = spreadOf(identity, path)
  const [entry] = spread.entries
  if (!entry) return undefined
  const removal = change === 'remove' ? removalObstacle(identity, spread, path, imagesOfStack) : undefined
  const place =
    removal ??
    (isFolder ? folderObstacle(identity, spread, path) : undefined) ??
    placeObstacle(identity, spread, path) ??
    attributeObstacle(spread)
  const sight = sightObstacle(identity, spread)
  const landings = place ? [] : lastOnes(spread.landings)
  const putter = spread.entries.find(({ instruction }) => instruction === landings[0]?.copies[0]) ?? entry
  return {
    destinations: [...new Set(landings.flatMap((stay) => stay.place ?? []))],
    mode: modeOf(landings[0]),
    owner: ownerOf(landings[0]),
    // What a RUN makes of it is told first: it is what the Dockerfile is about.
    obstacle: removal ?? sight ?? place,
    rule: `${cite(putter.stage, putter.instruction)} brings it as it is: no RUN sees it on its way`,
    span: spanOf(entry.stage, entry.instruction),
    stage: entry.stage,
  }
}

/** Of several copies to one place the last one counts. */
function lastOnes(landings: readonly Stay[]): readonly Stay[] {
  const byPlace = new Map<string | undefined, Stay>()
  for (const stay of landings) {
    const other = byPlace.get(stay.place)
    if (!other || isLater(stay, other)) byPlace.set(stay.place, stay)
  }
  return [...byPlace.values()]
}

function isLater(one: Stay, other: Stay): boolean {
  if (one.arrival !== other.arrival) return one.arrival > other.arrival
  return one.before !== undefined && other.before !== undefined && isLater(one.before, other.before)
}

/** Mode and owner that a copy into the container could not give it, or that differ from place to place. */
function attributeObstacle(spread: Spread): Obstacle | undefined {
  const landings = lastOnes(spread.landings)
  const [entry] = spread.entries
  if (!entry) return undefined
  const span = spanOf(entry.stage, entry.instruction)
  if (!landings.every(isPlain))
    return {
      rule: 'its mode or owner is known to the build alone',
      cure: 'write --chmod in octal digits and --chown without variables',
      span,
    }
  const kinds = new Set(landings.map((stay) => `${modeOf(stay) ?? ''} ${ownerOf(stay) ?? ''}`))
  if (kinds.size < 2) return undefined
  const rule = 'it gets into the image twice, with different modes or owners'
  return { rule, cure: 'name it in dev.sync', span }
}

function isPlain(stay: Stay): boolean {
  return /^(?:[0-7]{3,4})?$/.test(modeOf(stay) ?? '') && !(ownerOf(stay) ?? '').includes('$')
}

/** Mode and owner stay with a file until the next COPY that gives it others. */
function modeOf(stay: Stay | undefined): string | undefined {
  return stay?.copies.findLast(({ chmod }) => chmod !== undefined)?.chmod
}

function ownerOf(stay: Stay | undefined): string | undefined {
  return stay?.copies.findLast(({ chown }) => chown !== undefined)?.chown
}
