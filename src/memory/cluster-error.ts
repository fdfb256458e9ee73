import { StepError } from '../plan/step-error.ts'
import { KubeError } from '../platform/kubernetes/client.ts'

/** What the API said no to, as something that a person can mend; anything else as it is. */
export function refused(error: unknown, doing: string, namespace: string): unknown {
  if (!(error instanceof KubeError)) return error
  if (error.causes.some(({ reason }) => reason === 'NamespaceTerminating'))
    return beingRemoved(namespace, error)
  const message = `cannot ${doing} in namespace ${namespace}: ${error.message}`
  if (error.status === 401 || error.status === 403) {
    return new StepError('precondition', message, {
      hint: `the memory of the stack needs the rights get, list, create, update, delete on Secrets and Leases in ${namespace}`,
      cause: error,
    })
  }
  return new StepError('precondition', message, { cause: error })
}

export function beingRemoved(namespace: string, cause?: unknown): StepError {
  return new StepError('precondition', `namespace ${namespace} is being removed`, {
    hint: `wait until it is gone (kubectl get namespace ${namespace}), then run this again`,
    ...(cause !== undefined && { cause }),
  })
}

/** True for a refusal with this status. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof KubeError && statuses.includes(error.status)
}
