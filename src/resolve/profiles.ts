import { errorAt, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import { targets } from '../stack/language/profile.ts'
import type { ProfileLayer } from '../stack/load-profile.ts'
import { entryOf } from '../stack/node.ts'
import type { Target } from './resolved.ts'

/**
 * The profiles that a command line selects: `a,b` adds in order, `-b` drops one that was selected before (by an earlier flag or
 * by a default such as IAMSTACK_PROFILE). A name twice counts once, where it stood first.
 */
export function selectProfiles(flags: readonly string[]): string[] {
  const selected = new Set<string>()
  for (const name of flags.flatMap((flag) => flag.split(',')).map((each) => each.trim())) {
    if (name.startsWith('-')) selected.delete(name.slice(1))
    else if (name !== '') selected.add(name)
  }
  return [...selected]
}

/** Shared layers in the order of the profiles, then the personal ones: `local` wins over every profile. */
export function inMergeOrder(layers: readonly ProfileLayer[]): ProfileLayer[] {
  return [...layers.filter((layer) => !layer.isLocal), ...layers.filter((layer) => layer.isLocal)]
}

/** The one target that the profiles agree on; `otherwise` where none of them names one. Reports two different ones. */
export function targetOf(
  names: readonly string[],
  layers: readonly ProfileLayer[],
  otherwise: Target,
  findings: Diagnostic[],
): Target {
  const claims = names.flatMap((name) => claimOf(name, layers) ?? [])
  const [first] = claims
  const other = claims.find((claim) => claim.target !== first?.target)
  if (first && other) {
    const message = `profiles ${first.profile} and ${other.profile} name different targets: ${first.target} and ${other.target}`
    const finding = errorAt(
      'profile/targets',
      message,
      other.span ?? first.span,
      'leave one of the two out, or its `target`',
    )
    const related =
      first.span && other.span
        ? [{ span: first.span, message: `${first.profile} names ${first.target}` }]
        : []
    findings.push({ ...finding, ...(related.length > 0 && { related }) })
  }
  return first?.target ?? otherwise
}

interface Claim {
  readonly profile: string
  readonly target: Target
  /** Undefined where the name of the profile is the target. */
  readonly span: Span | undefined
}

/** What is written wins over the name, and the personal file over the shared one. */
function claimOf(profile: string, layers: readonly ProfileLayer[]): Claim | undefined {
  const own = inMergeOrder(layers.filter((layer) => layer.name === profile)).reverse()
  for (const { node } of own) {
    const value = entryOf(node, 'target')?.value
    const target = value?.kind === 'scalar' ? targets.find((each) => each === value.value) : undefined
    if (target && value) return { profile, target, span: value.span }
  }
  const target = targets.find((each) => each === profile)
  return target && { profile, target, span: undefined }
}
