/**
 * Path patterns as Docker knows them. Two dialects share one shape: Go's `filepath.Match` (COPY and ADD), where `**` is no more
 * than `*`, and `moby/patternmatcher` (.dockerignore, --exclude, --parents), where it spans directories.
 *
 * Matching walks the path once with a set of states: linear, whatever the pattern.
 */
export type GlobDialect = 'match' | 'patternmatcher'

type Part =
  | { readonly kind: 'literal'; readonly code: number }
  /** `?` */
  | { readonly kind: 'one' }
  | {
      readonly kind: 'class'
      readonly isNegated: boolean
      readonly ranges: readonly (readonly [number, number])[]
    }
  /** `*`: anything but a slash, also nothing. */
  | { readonly kind: 'star' }
  /** An inner `**`: nothing, or anything that ends in a slash. */
  | { readonly kind: 'directories' }
  /** `**` at the end: anything. */
  | { readonly kind: 'rest' }

export interface Glob {
  readonly pattern: string
  readonly parts: readonly Part[]
}

const slash = 47

/** Undefined where the pattern is malformed: an open or empty bracket, a backslash at the end. */
export function parseGlob(pattern: string, dialect: GlobDialect): Glob | undefined {
  const characters = Array.from(pattern)
  const parts: Part[] = []
  let at = 0
  while (at < characters.length) {
    const character = characters[at] ?? ''
    if (character === '*' && dialect === 'patternmatcher' && characters[at + 1] === '*') {
      at += characters[at + 2] === '/' ? 3 : 2
      parts.push({ kind: at < characters.length ? 'directories' : 'rest' })
      continue
    }
    if (character === '[') {
      const read = readClass(characters, at + 1)
      if (!read) return undefined
      parts.push(read.part)
      at = read.end
      continue
    }
    if (character === '\\') {
      at += 1
      if (at === characters.length) return undefined
      parts.push(literal(characters[at] ?? ''))
    } else if (character === '*') parts.push({ kind: 'star' })
    else parts.push(character === '?' ? { kind: 'one' } : literal(character))
    at += 1
  }
  return { pattern, parts: dialect === 'patternmatcher' ? asSuffix(pattern, parts) : parts }
}

/** patternmatcher compares `**name` without further wildcards as a suffix, so that it matches `my-name` too. */
function asSuffix(pattern: string, parts: readonly Part[]): readonly Part[] {
  const [first, ...others] = parts
  const isSuffix =
    first?.kind === 'directories' &&
    !pattern.startsWith('**/') &&
    !pattern.includes('\\') &&
    others.every((part) => part.kind === 'literal')
  return isSuffix ? [{ kind: 'rest' }, ...others] : parts
}

function literal(character: string): Part {
  return { kind: 'literal', code: character.codePointAt(0) ?? 0 }
}

function readClass(characters: readonly string[], from: number): { part: Part; end: number } | undefined {
  let at = from
  const isNegated = characters[at] === '^'
  if (isNegated) at += 1
  const ranges: [number, number][] = []
  while (characters[at] !== ']' || ranges.length === 0) {
    const low = bound()
    if (low === undefined) return undefined
    let high: number | undefined = low
    if (characters[at] === '-') {
      at += 1
      high = bound()
    }
    if (high === undefined) return undefined
    ranges.push([low, high])
  }
  return { part: { kind: 'class', isNegated, ranges }, end: at + 1 }

  function bound(): number | undefined {
    if (characters[at] === '-' || characters[at] === ']') return undefined
    if (characters[at] === '\\') at += 1
    const code = characters[at]?.codePointAt(0)
    at += 1
    return code
  }
}

/** How far a path got through a glob. */
export interface GlobMatch {
  /** The length of the shortest part of the path, ending at a slash or at the end, that the glob matches. */
  readonly length: number | undefined
  /** Something below this path is or could be matched. */
  readonly isOpen: boolean
}

/** Follows a slash-separated relative path through a glob and notes its first parent, or itself, that matches. */
export function followGlob(glob: Glob, path: string): GlobMatch {
  let length: number | undefined
  const { states } = runGlob(glob, path, (at) => {
    length = at
    return true
  })
  return { length, isOpen: length !== undefined || path === '' || step(glob.parts, states, slash).length > 0 }
}

/** Looks at the path itself only, not at its parents. */
export function matchGlob(glob: Glob, path: string): { matches: boolean; isOpen: boolean } {
  const { states } = runGlob(glob, path, () => false)
  return { matches: states.includes(glob.parts.length), isOpen: step(glob.parts, states, slash).length > 0 }
}

/** The states after the path; `onMatch` hears of each parent, and of the path, that matches and may end the run. */
function runGlob(
  glob: Glob,
  path: string,
  onMatch: (length: number) => boolean,
): { states: readonly number[] } {
  const { parts } = glob
  let states = enter(parts, [], 0)
  let at = 0
  while (at < path.length && states.length > 0) {
    const code = path.codePointAt(at) ?? 0
    if (code === slash && states.includes(parts.length) && onMatch(at)) return { states }
    states = step(parts, states, code)
    at += code > 0xffff ? 2 : 1
  }
  if (states.includes(parts.length)) onMatch(path.length)
  return { states }
}

function step(parts: readonly Part[], states: readonly number[], code: number): number[] {
  const next: number[] = []
  for (const state of states) {
    const part = parts[state]
    if (part === undefined) continue
    switch (part.kind) {
      case 'literal':
        if (part.code === code) enter(parts, next, state + 1)
        break
      case 'one':
        if (code !== slash) enter(parts, next, state + 1)
        break
      case 'class': {
        const isIn = part.ranges.some(([low, high]) => low <= code && code <= high)
        if (isIn !== part.isNegated) enter(parts, next, state + 1)
        break
      }
      case 'star':
        if (code !== slash) enter(parts, next, state)
        break
      case 'directories':
        // Inside it only a slash leads on; the way around it was taken on entering.
        if (!next.includes(state)) next.push(state)
        if (code === slash) enter(parts, next, state + 1)
        break
      case 'rest':
        enter(parts, next, state)
        break
      default: {
        const never: never = part
        return never
      }
    }
  }
  return next
}

/** Adds a state and those that need no further character. */
function enter(parts: readonly Part[], states: number[], state: number): number[] {
  for (let at = state; ; at += 1) {
    const isNew = !states.includes(at)
    if (isNew) states.push(at)
    const kind = parts[at]?.kind
    if (kind !== 'star' && kind !== 'directories' && kind !== 'rest') return states
  }
}
