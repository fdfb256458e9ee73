import { join } from 'node:path'
import type { Diagnostic } from '../../stack/diagnostics.ts'
import { errorAt, warningAt } from '../../stack/diagnostics.ts'
import { nearest } from '../dockerfile/nearest.ts'
import type { FoundFile, WalkInput } from './walk.ts'

/**
 * Sources without wildcards that nothing matches: BuildKit fails on them, but only once it gets there. Says whether the file is
 * really missing or only ignored.
 */
export async function missingSources(
  { contextDirectory, reads, ignore, files }: WalkInput,
  found: readonly FoundFile[],
  severity: 'error' | 'warning',
): Promise<readonly Diagnostic[]> {
  const at = severity === 'error' ? errorAt : warningAt
  const findings: Diagnostic[] = []
  for (const read of reads) {
    if (read.isPattern || read.source === '.') continue
    const alike = [read, ...reads.filter((other) => other.standsFor === read)]
    if (found.some((file) => alike.some((each) => each.matches(file.path)))) continue
    const [stat] = await files.stat([join(contextDirectory, read.source)])
    // An ignored directory may come back through "!" lines, and a directory with all its files excluded is empty, not missing.
    if (stat && !ignore.isIgnored(read.source)) continue
    const message = stat
      ? `${read.source} is left out by .dockerignore`
      : `there is no ${read.source} in the context`
    const hint = stat ? `a line "!${read.source}" brings it back` : await nearHint()
    findings.push(at('context/missing-source', message, read.span, hint))

    async function nearHint(): Promise<string> {
      const slash = read.source.lastIndexOf('/')
      const directory = slash < 0 ? '' : read.source.slice(0, slash)
      const [parent] = await files.stat([join(contextDirectory, directory)])
      const names = parent?.kind === 'directory' ? await files.list(join(contextDirectory, directory)) : []
      const near = nearest(
        read.source.slice(slash + 1),
        names.map((entry) => entry.name),
      )
      if (near !== undefined) return `did you mean ${directory === '' ? near : `${directory}/${near}`}?`
      return `sources are relative to the context, ${contextDirectory}`
    }
  }
  return findings
}
