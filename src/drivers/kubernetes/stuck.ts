import { StepError } from '../../plan/step-error.ts'
import type { Span } from '../../stack/diagnostics.ts'
import type { ContainerState } from './pod-places.ts'

/** StepError when a container waits for what will not come: an image that cannot be had, a Secret that is not there. */
export function refuseStuck(state: ContainerState | undefined, what: string, span?: Span): void {
  const { reason, message } = state?.waiting ?? {}
  if (
    reason === undefined ||
    !/^(?:ErrImage|ImagePull|InvalidImage|CreateContainer|RunContainer)/.test(reason)
  )
    return
  throw new StepError('deploy', `${what} cannot start: ${reason}`, {
    span,
    evidence: message === undefined ? [] : [message],
    ...(/Image/.test(reason) && { hint: 'the nodes must have its image or be able to pull it' }),
  })
}
