import type { SeenStack } from '../../../platform/aws/cloudformation-words.ts'

/** What can be done with a stack. */
export type Condition =
  /** Not there, or gone. */
  | 'absent'
  /** A name that an attempt reserved, without anything in it. */
  | 'reserved'
  /** CloudFormation is at it. */
  | 'busy'
  /** It is there, and can be changed. */
  | 'standing'
  /** Making it failed: nothing can be done with it but to delete it. */
  | 'dead'
  /** A change failed, and so did undoing it: undoing it again is the only way on. */
  | 'stuck'
  /** Deleting it failed: deleting it again is the only way on. */
  | 'half-deleted'

/** Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, stack status codes. */
export function conditionOf(stack: Pick<SeenStack, 'status'> | undefined): Condition {
  const status = stack?.status ?? 'DELETE_COMPLETE'
  switch (status) {
    case 'DELETE_COMPLETE':
      return 'absent'
    case 'REVIEW_IN_PROGRESS':
      return 'reserved'
    case 'CREATE_FAILED':
    case 'ROLLBACK_COMPLETE':
    case 'ROLLBACK_FAILED':
      return 'dead'
    case 'UPDATE_ROLLBACK_FAILED':
      return 'stuck'
    case 'DELETE_FAILED':
      return 'half-deleted'
    default:
      return status.endsWith('_IN_PROGRESS') ? 'busy' : 'standing'
  }
}

/** As people say it: `it could not be made, and what there was of it is gone`. */
export function conditionText(stack: Pick<SeenStack, 'status' | 'reason'>): string {
  const why = stack.reason === undefined || stack.reason === '' ? '' : `: ${stack.reason}`
  const condition = conditionOf(stack)
  switch (condition) {
    case 'absent':
      return 'not there'
    case 'reserved':
      return 'an attempt to make it was interrupted'
    case 'busy':
      return `CloudFormation is at it (${stack.status})`
    case 'standing':
      return stack.status === 'UPDATE_ROLLBACK_COMPLETE' ? `a change of it was undone${why}` : 'there'
    case 'dead':
      return `it could not be made (${stack.status})${why}`
    case 'stuck':
      return `undoing a change failed${why}`
    case 'half-deleted':
      return `deleting it failed${why}`
    default:
      return condition satisfies never
  }
}
