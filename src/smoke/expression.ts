import { StepError } from '../plan/step-error.ts'

/** A regular expression of the user's. `^` and `$` are the ends of lines. StepError when it is none. */
export function expression(source: string): RegExp {
  try {
    return new RegExp(source, 'm')
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    throw new StepError('smoke', `\`matches\` is no regular expression: ${why}`, {
      hint: 'a literal \\ . ( [ needs a \\ before it',
    })
  }
}
