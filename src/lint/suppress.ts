import type { Span } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import type { Finding, Suppressed } from './finding.ts'
import { allRules, commentRule } from './rules.ts'

/** A comment `# iamstack-lint-ignore KM001, pod-probes: why`. */
interface IgnoreComment {
  readonly rules: readonly string[]
  readonly reason: string
  readonly span: Span
}

const pattern = /(^|\s)#\s*iamstack-lint-ignore\b(?<rest>.*)$/

/**
 * Takes out what comments ignore: on the line of a finding, directly above it, or above the object that it is in, by id or name
 * of the rule and with a reason. A comment without one, or with a rule that does not exist, ignores nothing and is told.
 */
export function suppress(
  findings: readonly Finding[],
  sources: ReadonlyMap<string, string>,
): { readonly findings: readonly Finding[]; readonly suppressed: readonly Suppressed[] } {
  const files = new Map([...sources].map(([file, text]) => [file, commentsIn(file, text)]))
  const mistakes = [...files.values()].flatMap(({ comments }) => comments.flatMap(mistakeIn))
  const left: Finding[] = []
  const suppressed: Suppressed[] = []
  for (const finding of findings) {
    const comment = [finding.span, finding.head]
      .flatMap((span) => (span ? commentsFor(span, files.get(span.file)) : []))
      .find(({ rules, reason }) => reason !== '' && rules.some((each) => names(each, finding)))
    if (comment) suppressed.push({ ...finding, reason: comment.reason })
    else left.push(finding)
  }
  return { findings: [...left, ...mistakes], suppressed }
}

interface LinesOfFile {
  readonly lines: readonly string[]
  readonly comments: readonly IgnoreComment[]
}

function commentsIn(file: string, text: string): LinesOfFile {
  const lines = text.split('\n')
  const comments = lines.flatMap((line, index) => {
    const match = pattern.exec(line.trimEnd())
    if (!match) return []
    const rest = match.groups?.['rest'] ?? ''
    const colon = rest.indexOf(':')
    const rules = (colon === -1 ? rest : rest.slice(0, colon)).split(/[\s,]+/).filter((each) => each !== '')
    const column = line.indexOf('#', match.index) + 1
    const span = { file, line: index + 1, column, length: line.trimEnd().length - column + 1 }
    return [{ rules, reason: colon === -1 ? '' : rest.slice(colon + 1).trim(), span }]
  })
  return { lines, comments }
}

/** Those on the line, and in the block of comments that ends right above it. */
function commentsFor({ line }: Span, file: LinesOfFile | undefined): IgnoreComment[] {
  if (!file) return []
  let first = line
  while (/^\s*#/.test(file.lines[first - 2] ?? '')) first--
  return file.comments.filter(({ span }) => span.line >= first && span.line <= line)
}

function names(written: string, { rule }: Finding): boolean {
  return written.toUpperCase() === rule.id || written === rule.name
}

function mistakeIn({ rules, reason, span }: IgnoreComment): Finding[] {
  const subject = 'comment'
  const known = allRules.flatMap(({ id, name }) => [id, name])
  const unknown = rules.filter((each) => !known.includes(each) && !known.includes(each.toUpperCase()))
  const told = unknown.map((each): Finding => {
    const near = nearest(each, known)
    const message = `there is no rule ${each}`
    return {
      rule: commentRule,
      subject,
      message,
      span,
      ...(near !== undefined && { hint: didYouMean(near) }),
    }
  })
  if (rules.length > 0 && reason !== '') return told
  const message = rules.length === 0 ? 'this ignores no rule' : 'this says no reason, so it ignores nothing'
  const hint = `write # iamstack-lint-ignore ${rules[0] ?? 'RULE'}: why it does not matter here`
  return [...told, { rule: commentRule, subject, message, span, hint }]
}
