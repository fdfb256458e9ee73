import type { Facts } from '../drivers/facts.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { levels, type Finding, type Level, type Suppressed } from './finding.ts'
import { lintDockerfile, type LintedImage } from './rules/dockerfile.ts'
import { lintDockerfiles } from './rules/dockerfiles.ts'
import { lintManifests } from './rules/manifests.ts'
import { lintStack } from './rules/stack.ts'
import { nameOf, type PlacedObject } from './schema/place.ts'
import { suppress } from './suppress.ts'

export interface LintInput {
  readonly stack: ResolvedStack
  readonly facts: Facts
  readonly images: readonly LintedImage[]
  /** Everything that is rendered for Kubernetes, raw or generated. */
  readonly objects: readonly PlacedObject[]
  /** Texts of the files that findings may be in, by absolute path: comments in them ignore rules. */
  readonly sources: ReadonlyMap<string, string>
}

export interface LintReport {
  /** The gravest first, then by place. */
  readonly findings: readonly Finding[]
  readonly suppressed: readonly Suppressed[]
  /** Each object, image and service with the gravest of its findings. */
  readonly grades: ReadonlyMap<string, Level | 'OK'>
}

/** Looks for what works and is nevertheless not good. Pure. */
export function lint(input: LintInput): LintReport {
  const { stack, facts, images, objects, sources } = input
  const all = [
    ...images.flatMap(lintDockerfile),
    ...lintDockerfiles(images),
    ...lintManifests(objects),
    ...lintStack(stack, facts),
  ]
  const { findings, suppressed } = suppress(all, sources)
  const subjects = [
    ...images.map(({ image }) => `image ${image.name}`),
    ...[...stack.services.keys()].map((name) => `service ${name}`),
    ...objects.map(nameOf),
  ]
  return { findings: [...findings].sort(byGravity), suppressed, grades: gradesOf(subjects, findings) }
}

function byGravity(one: Finding, other: Finding): number {
  return (
    levels.indexOf(one.rule.level) - levels.indexOf(other.rule.level) ||
    compare(one.span.file, other.span.file) ||
    one.span.line - other.span.line ||
    one.span.column - other.span.column ||
    compare(one.rule.id, other.rule.id)
  )
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function gradesOf(subjects: readonly string[], findings: readonly Finding[]): Map<string, Level | 'OK'> {
  const grades = new Map<string, Level | 'OK'>(subjects.map((subject) => [subject, 'OK']))
  for (const { rule, subject } of findings) {
    const name = subject.split(', container ')[0] ?? subject
    const before = grades.get(name)
    if (before === undefined || before === 'OK' || levels.indexOf(rule.level) < levels.indexOf(before))
      grades.set(name, rule.level)
  }
  return grades
}
