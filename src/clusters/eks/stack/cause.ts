import type { StackEvent } from '../../../platform/aws/cloudformation-words.ts'

/** What CloudFormation says of resources that it stops because another one failed. */
const consequence = /cancelled|The following resource\(s\) failed/i

/**
 * The event that began the failure, and those that say more. CloudFormation's last word is only that it gave up; the first resource
 * that failed by itself is the cause.
 */
export function failuresIn(events: readonly StackEvent[]): {
  readonly first: StackEvent | undefined
  readonly all: readonly StackEvent[]
} {
  const failed = events.filter(({ status }) => status.endsWith('_FAILED'))
  const own = failed.filter(({ reason }) => reason !== undefined && !consequence.test(reason))
  return { first: own[0] ?? failed[0], all: own }
}

/** `Nodes (AWS::EKS::Nodegroup): You've hit your vCPU limit`. */
export function eventText({ resource, type, reason, status }: StackEvent): string {
  return `${resource} (${type}): ${reason ?? status}`
}

/** What is told while a stack changes: `Cluster: being made`. */
export function progressText({ resource, status }: StackEvent): string {
  const words = /^(CREATE|UPDATE|DELETE)_(IN_PROGRESS|COMPLETE|FAILED|SKIPPED)$/.exec(status)
  const [, verb, state] = words ?? []
  const done = verb === 'CREATE' ? 'made' : verb === 'UPDATE' ? 'changed' : 'deleted'
  switch (state) {
    case 'IN_PROGRESS':
      return `${resource}: being ${done}`
    case 'COMPLETE':
      return `${resource}: ${done}`
    case 'FAILED':
      return `${resource}: could not be ${done}`
    case 'SKIPPED':
      return `${resource}: stays`
    default:
      return `${resource}: ${status}`
  }
}
