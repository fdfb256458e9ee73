import { posix } from 'node:path'
import type { CopyStep } from '../../images/dockerfile/evaluate.ts'
import { isRemote } from '../../images/dockerfile/evaluate.ts'
import type { CopyInstruction, RunInstruction } from '../../images/dockerfile/instructions.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import { isNamed } from './naming.ts'
import { isAtOrBelow, looksLikeFile } from './paths.ts'

/** What the instructions of an image put where, as far as the context tells. */
export interface Written {
  /** Paths of the context by the place that an instruction gives them; folders have an entry too. */
  readonly places: (instruction: CopyInstruction) => ReadonlyMap<string, readonly string[]>
  /** The instruction puts some file where nobody can tell: it unpacks an archive, or its destination is not known. */
  readonly isUnknown: (instruction: CopyInstruction) => boolean
  /** Places of links that stay links. */
  readonly links: readonly string[]
  readonly kindOf: (path: string) => 'file' | 'directory' | 'link' | undefined
}

const known = new WeakMap<ImageIdentity, Written>()

/** Reads the whole context once per identity: every question about one path asks about all others too. */
export function writtenBy(identity: ImageIdentity): Written {
  const found = known.get(identity)
  if (found) return found
  const written = read(identity)
  known.set(identity, written)
  return written
}

function read(identity: ImageIdentity): Written {
  const places = new Map<CopyInstruction | RunInstruction, Map<string, string[]>>()
  const unknown = new Set<CopyInstruction | RunInstruction>()
  const links = new Set<string>()
  const kinds = new Map(identity.files.map(({ path, kind }) => [path, kind]))
  for (const { path, kind } of identity.files) {
    for (const { stage, instruction, destination } of identity.destinationsOf(path)) {
      if (instruction.kind === 'run') continue
      if (kind === 'link' && isNamed(identity, stage, instruction, path)) continue
      if (destination === undefined) {
        unknown.add(instruction)
        continue
      }
      const byPlace = places.get(instruction) ?? new Map<string, string[]>()
      places.set(instruction, byPlace)
      byPlace.set(destination, [...(byPlace.get(destination) ?? []), path])
      if (kind === 'link') links.add(destination)
    }
  }
  return {
    places: (instruction) => places.get(instruction) ?? new Map<string, string[]>(),
    isUnknown: (instruction) => unknown.has(instruction),
    links: [...links],
    kindOf: (path) => kinds.get(path),
  }
}

/**
 * Whether a COPY or ADD may put something else than `path` at a place. Of a stage or an image it is not known what it holds, so
 * everything at or below the destination is in doubt, but for a source that looks like a file: it makes one file.
 */
export function mayWrite(step: CopyStep, place: string, path: string, written: Written): boolean {
  const { destination, instruction, isDirectory } = step
  if (destination === undefined) return true
  if (!isAtOrBelow(place, destination)) return false
  const inFolder = (name: string): boolean =>
    place === posix.join(destination, name) || (!isDirectory && place === destination)
  if (instruction.inline.some(({ name }) => inFolder(name))) return true
  if (step.from)
    return step.sources.some(
      ({ value, isKnown }) => !(isKnown && looksLikeFile(value)) || inFolder(posix.basename(value)),
    )
  if (step.sources.some(({ value }) => isRemote(value)) || written.isUnknown(instruction)) return true
  const others = (at: string): readonly string[] =>
    (written.places(instruction).get(at) ?? []).filter(
      (other) => other !== path && written.kindOf(other) !== 'directory',
    )
  if (others(place).length > 0) return true
  // A destination that is a folder after all takes the file under its own name.
  return !isDirectory && others(destination).some((other) => inFolder(posix.basename(other)))
}
