import { locationOf, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import type { ProfileLayer } from '../stack/load-profile.ts'

/**
 * In the order of the files and their lines; what has no place comes first, and the first file seen stays first. The same
 * finding at the same place is told once: a wrong port of one `health` is wrong in all of its probes.
 */
export function inOrder(findings: readonly Diagnostic[]): Diagnostic[] {
  const unique = new Map(findings.map((finding) => [identityOf(finding), finding]))
  const files = [...new Set(findings.map((finding) => finding.span?.file ?? ''))]
  const rank = new Map(files.map((file, index) => [file, file === '' ? -1 : index]))
  return [...unique.values()].sort((one, other) => {
    const byFile = (rank.get(one.span?.file ?? '') ?? 0) - (rank.get(other.span?.file ?? '') ?? 0)
    return (
      byFile ||
      (one.span?.line ?? 0) - (other.span?.line ?? 0) ||
      (one.span?.column ?? 0) - (other.span?.column ?? 0)
    )
  })
}

function identityOf({ code, message, span }: Diagnostic): string {
  return [code, span ? locationOf(span) : '', message].join(' ')
}

/** Codes of findings about a name that is not there; the messages quote it. */
const aboutMissingNames = /^(?:check\/unknown-|reference\/service$)/

/** Where a profile removed what is now missing, the finding shows that place: there it is mended. */
export function withRemovals(findings: readonly Diagnostic[], layers: readonly ProfileLayer[]): Diagnostic[] {
  const removed = removedNames(layers)
  return findings.map((finding) => {
    const name = aboutMissingNames.test(finding.code) ? /`([^`]+)`/.exec(finding.message)?.[1] : undefined
    const place = name === undefined ? undefined : removed.get(name)
    if (!place) return finding
    const related = [
      ...(finding.related ?? []),
      { span: place.span, message: `profile ${place.profile} removes it` },
    ]
    return { ...finding, hint: `override this in profile ${place.profile} too`, related }
  })
}

function removedNames(
  layers: readonly ProfileLayer[],
): ReadonlyMap<string, { readonly profile: string; readonly span: Span }> {
  const removed = new Map<string, { profile: string; span: Span }>()
  for (const { name: profile, node } of layers) {
    for (const section of node.entries) {
      for (const entry of section.value.kind === 'map' ? section.value.entries : []) {
        const isRemoved = entry.value.kind === 'scalar' && entry.value.value === null
        if (isRemoved) removed.set(entry.key, { profile, span: entry.keySpan })
      }
    }
  }
  return removed
}
