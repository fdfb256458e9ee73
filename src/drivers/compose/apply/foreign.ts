import { StepError } from '../../../plan/step-error.ts'
import type { Span } from '../../../stack/diagnostics.ts'
import { composeLabel, label, type Identity, type Labels } from '../labels.ts'

/** Somebody else has a thing of the name that we need. It is not touched; the message says whose it is and what to do. */
export function foreignError(
  kind: 'container' | 'network' | 'volume',
  name: string,
  labels: Labels | null,
  identity: Identity,
  span: Span | undefined,
): StepError {
  const folder = labels?.[composeLabel.folder]
  const isIamstack = labels?.[label.stack] !== undefined
  const project = labels?.[composeLabel.project]
  const owner = isIamstack
    ? `the stack of ${folder ?? 'another folder'}`
    : project === undefined
      ? 'somebody else'
      : `the compose project ${project}${folder === undefined ? '' : ` of ${folder}`}`
  const hint =
    isIamstack && folder !== identity.root
      ? `take that stack down first, or give this one an --instance of its own`
      : `remove it (docker ${kind} rm ${name}), or give this stack another name or --instance`
  return new StepError('precondition', `the ${kind} ${name} belongs to ${owner}`, { hint, span })
}
