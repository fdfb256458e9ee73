import { rule, type Rule } from './finding.ts'
import { dockerfileRules } from './rules/dockerfile-rules.ts'
import { manifestRules } from './rules/manifest-rules.ts'
import { stackRules } from './rules/stack.ts'

/** What is wrong with a comment that is to ignore something. */
export const commentRule = rule(
  'LN001',
  'ignore-comment',
  'WARNING',
  'A comment that ignores a rule names one and says why.',
)

/** Every rule, by id. */
export const allRules: readonly Rule[] = [
  ...Object.values(dockerfileRules),
  ...Object.values(manifestRules),
  ...Object.values(stackRules),
  commentRule,
]
