import { posix } from 'node:path'
import type { CopyStep, EvaluatedStage, RunStep } from '../dockerfile/evaluate.ts'
import { isRemote } from '../dockerfile/evaluate.ts'
import type { CopyInstruction, RunInstruction, Stage } from '../dockerfile/instructions.ts'
import type { Span } from '../../stack/diagnostics.ts'
import type { Glob } from './glob.ts'
import { followGlob, parseGlob } from './glob.ts'
import type { Ignore } from './ignore.ts'
import { cleanPath, createMatcher } from './ignore.ts'

/** One source of one instruction that takes files from the context. */
export interface ContextRead {
  readonly stage: Stage
  readonly instruction: CopyInstruction | RunInstruction
  /** As a path or pattern relative to the context; `.` is all of it. */
  readonly source: string
  /** The place of the source in the Dockerfile. */
  readonly span: Span
  /** The source has wildcards, which may match nothing; or it is only a guess, see `Expanded.isKnown`. */
  readonly isPattern: boolean
  /** This read is of what a link leads to that another read names. */
  readonly standsFor?: ContextRead
  readonly matches: (path: string) => boolean
  /** Something below the directory may match. */
  readonly mayMatchUnder: (directory: string) => boolean
  /** Where a matching path lands; undefined where that is not known (unpacked, or relative to a base's WORKDIR). */
  readonly destinationOf: (path: string) => string | undefined
}

/** The reads of one stage, in the order of its instructions. */
export function readsOfStage(evaluated: EvaluatedStage): readonly ContextRead[] {
  return evaluated.steps.flatMap((step) =>
    step.kind === 'copy' ? copyReads(evaluated.node.stage, step) : mountReads(evaluated.node.stage, step),
  )
}

function copyReads(stage: Stage, step: CopyStep): readonly ContextRead[] {
  if (step.from) return []
  return step.sources.flatMap((source, index) => {
    // ADD fetches it; COPY of it is an error that the evaluation has reported.
    if (isRemote(source.value)) return []
    const written = source.isKnown ? source.value : '.'
    const span = step.instruction.sources[index]?.span ?? step.instruction.span
    return { ...copyRead(stage, step, written, source.isKnown), span }
  })
}

/** One source of a COPY or ADD, whatever it copies from; paths are relative to the root of that. */
export function copyRead(stage: Stage, step: CopyStep, source: string, isKnown: boolean): ContextRead {
  const { instruction } = step
  // "/./" splits what is only walked to from what is recreated below the destination.
  const pivot = instruction.keepsParents ? source.indexOf('/./') : -1
  const walked = pivot < 0 ? '' : insideContext(source.slice(0, pivot))
  const path = insideContext(source)
  const dialect = instruction.keepsParents ? 'patternmatcher' : 'match'
  const glob = globOf(path, dialect)
  const excluded = createMatcher(step.exclude)

  function destinationOf(file: string): string | undefined {
    const { destination } = step
    const length = glob ? followGlob(glob, file).length : 0
    if (destination === undefined || !isKnown || length === undefined || isUnpacked(step, file))
      return undefined
    if (instruction.keepsParents) {
      return posix.join(destination, walked === '' ? file : file.slice(walked.length + 1))
    }
    const below = file.slice(length)
    if (below !== '' || length === 0) return posix.join(destination, below)
    return step.isDirectory ? posix.join(destination, posix.basename(file)) : destination
  }

  return {
    stage,
    instruction,
    source: path === '' ? '.' : path,
    span: instruction.span,
    isPattern: !isKnown || instruction.keepsParents || hasWildcards(path),
    matches: (file) => matchesGlob(glob, file) && !isExcluded(glob, excluded, file),
    mayMatchUnder: (directory) => !glob || followGlob(glob, directory).isOpen,
    destinationOf,
  }
}

/** Patterns of --exclude are relative to the directory that is copied; a file that is named itself they do not concern. */
function isExcluded(glob: Glob | undefined, excluded: Ignore, file: string): boolean {
  const length = glob ? followGlob(glob, file).length : 0
  if (length === undefined || length === file.length) return false
  return excluded.isIgnored(length === 0 ? file : file.slice(length + 1))
}

/** ADD unpacks archives of the context into the destination. It looks at the content; the name is the nearest we have. */
function isUnpacked(step: CopyStep, file: string): boolean {
  return (
    step.instruction.kind === 'add' && /\.(?:tar(?:\.\w+)?|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst)$/i.test(file)
  )
}

function mountReads(stage: Stage, step: RunStep): readonly ContextRead[] {
  return step.mounts.flatMap((mount) => {
    if (mount.type !== 'bind' || mount.image) return []
    const path = insideContext(mount.source)
    const glob = literalGlob(path)
    return {
      stage,
      instruction: step.instruction,
      source: path === '' ? '.' : path,
      span: mount.span,
      isPattern: false,
      matches: (file: string) => matchesGlob(glob, file),
      mayMatchUnder: (directory: string) => !glob || followGlob(glob, directory).isOpen,
      // A mount is gone when the RUN ends: nothing of it lands in the image.
      destinationOf: () => undefined,
    }
  })
}

function matchesGlob(glob: Glob | undefined, file: string): boolean {
  return !glob || followGlob(glob, file).length !== undefined
}

/** A source as a relative path: `..` ends at the root of the context, as BuildKit clamps it. */
export function insideContext(source: string): string {
  return cleanPath(posix.join('/', source)).slice(1)
}

/** Undefined stands for the whole context. A source without wildcards is taken as it is, backslashes too. */
function globOf(path: string, dialect: 'match' | 'patternmatcher'): Glob | undefined {
  if (path === '') return undefined
  return (hasWildcards(path) ? parseGlob(path, dialect) : undefined) ?? literalGlob(path)
}

export function hasWildcards(path: string): boolean {
  return /[*?[]/.test(path.replaceAll(/\\./g, ''))
}

export function literalGlob(path: string): Glob | undefined {
  return path === '' ? undefined : parseGlob(path.replaceAll(/[*?[\]\\]/g, '\\$&'), 'match')
}
