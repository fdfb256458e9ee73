import { posix } from 'node:path'
import type { Checked, Diagnostic } from '../../stack/diagnostics.ts'
import { checked, errorAt } from '../../stack/diagnostics.ts'
import type { Glob } from './glob.ts'
import { matchGlob, parseGlob } from './glob.ts'

/** What a .dockerignore leaves out. The build, the content hash and the watcher share it. */
export interface Ignore {
  /** A path relative to the context, with slashes and without `./`. */
  readonly isIgnored: (path: string) => boolean
  /** The directory is ignored and no `!` line could bring back anything below it. */
  readonly canSkipDirectory: (directory: string) => boolean
}

interface Rule {
  readonly glob: Glob
  readonly isNegated: boolean
}

export const ignoreNothing: Ignore = { isIgnored: () => false, canSkipDirectory: () => false }

/**
 * Reads a .dockerignore with the rules of moby/patternmatcher v0.6 (`MatchesUsingParentResults`): of the lines that match the path
 * or a parent of it, the last decides. Own code because @balena/dockerignore looks at one parent only, ignores case by default and
 * gives `+(){}|` their regular-expression meaning.
 */
export function createIgnore(text: string, file: string): Checked<Ignore> {
  const findings: Diagnostic[] = []
  const rules: Rule[] = []
  for (const [index, raw] of (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r?\n/).entries()) {
    if (raw.startsWith('#') || raw.trim() === '') continue
    const rule = readRule(raw.trim())
    if (rule) {
      rules.push(rule)
      continue
    }
    const column = raw.length - raw.trimStart().length + 1
    const span = { file, line: index + 1, column, length: raw.trim().length }
    const hint = 'a "[" needs its "]"; a backslash needs a character after it; "!" needs a pattern'
    findings.push(errorAt('dockerignore/pattern', `"${raw.trim().slice(0, 80)}" is no pattern`, span, hint))
  }
  return checked(ignoreOf(rules), findings)
}

/** The same matching for a bare list of patterns: `COPY --exclude`. Malformed ones are skipped. */
export function createMatcher(patterns: readonly string[]): Ignore {
  return ignoreOf(patterns.flatMap((pattern) => readRule(pattern.trim()) ?? []))
}

/**
 * Decides a path as Docker's walk does: from the root of the context down, each directory handing on which rules it has matched.
 * A rule that could not change a directory's verdict is not tried on it, so it is not handed on either; that is why
 * `docs/a?md` followed by `!docs` still leaves `docs/a.md` out.
 */
function ignoreOf(rules: readonly Rule[]): Ignore {
  if (rules.length === 0) return ignoreNothing
  const directories = new Map<string, Verdict>()

  function verdictOf(path: string, parent: Verdict | undefined): Verdict {
    let isIgnored = false
    const matched = rules.map(({ glob, isNegated }, index) => {
      const inherited = parent?.matched[index] === true
      const isMatch = inherited || (isNegated === isIgnored && matchGlob(glob, path).matches)
      if (isMatch) isIgnored = !isNegated
      return isMatch
    })
    return { isIgnored, matched }
  }

  function directoryVerdict(directory: string): Verdict | undefined {
    if (directory === '') return undefined
    let verdict = directories.get(directory)
    if (!verdict) {
      verdict = verdictOf(directory, directoryVerdict(parentOf(directory)))
      directories.set(directory, verdict)
    }
    return verdict
  }

  function canSkipDirectory(directory: string): boolean {
    const verdict = directoryVerdict(directory)
    if (verdict?.isIgnored !== true) return false
    return rules.every(({ glob, isNegated }, index) => {
      return !isNegated || verdict.matched[index] === true || !matchGlob(glob, directory).isOpen
    })
  }

  return {
    isIgnored: (path) => verdictOf(path, directoryVerdict(parentOf(path))).isIgnored,
    canSkipDirectory,
  }
}

interface Verdict {
  readonly isIgnored: boolean
  /** By the index of the rule. */
  readonly matched: readonly boolean[]
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

function readRule(line: string): Rule | undefined {
  const marked = line.startsWith('!')
  const written = marked ? line.slice(1).trim() : line
  const clean = written === '' ? '' : cleanPath(written)
  const anchored = clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean
  // moby joins the mark again and cleans once more, so "/!x" is a negation and "!/" is nothing.
  const joined = cleanPath((marked ? '!' : '') + anchored)
  const isNegated = joined.startsWith('!')
  const pattern = isNegated ? joined.slice(1) : joined
  const glob = pattern === '' ? undefined : parseGlob(pattern, 'patternmatcher')
  return glob && { glob, isNegated }
}

/** Go's path.Clean: like normalize, but without the slash at the end. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path)
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean
}
