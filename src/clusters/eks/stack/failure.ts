import { StepError } from '../../../plan/step-error.ts'
import type { SeenStack } from '../../../platform/aws/cloudformation-words.ts'
import type { Span } from '../../../stack/diagnostics.ts'
import { eventText, failuresIn } from './cause.ts'
import type { Followed } from './follow.ts'

/** Evidence that a person can read at one glance. */
const mostLines = 10

/** What went wrong with a stack: the resource that failed first, at the line of the stack file that it comes from. */
export function stackFailure(
  verb: 'made' | 'changed' | 'deleted',
  name: string,
  followed: Followed,
  span: Span | undefined,
): StepError {
  const { first, all } = failuresIn(followed.events)
  const why = first ? eventText(first) : reasonOf(followed.stack)
  return new StepError('deploy', `the CloudFormation stack ${name} could not be ${verb}: ${why}`, {
    span,
    evidence: all.slice(0, mostLines).map(eventText),
    hint: cureOf(first?.reason ?? ''),
  })
}

function reasonOf(stack: SeenStack | undefined): string {
  return stack === undefined
    ? 'somebody deleted it meanwhile'
    : `${stack.status} ${stack.reason ?? ''}`.trim()
}

/** For causes that everybody meets sooner or later. */
const cures: readonly (readonly [RegExp, string])[] = [
  [
    /vcpu|limit ?exceeded|quota/i,
    'ask AWS for more (Service Quotas in the console), or take fewer or smaller nodes',
  ],
  [
    /not authorized to perform|AccessDenied|UnauthorizedOperation/i,
    'ask whoever administers the account for that right, then run the command again',
  ],
  [
    /UnsupportedAvailabilityZone/i,
    'this zone has no EKS; make a VPC with other subnets and name them: network: { vpc: …, subnets: [ … ] }',
  ],
  [
    /already exists/i,
    'something of that name was there before; delete it, or choose another name (eks: { cluster: … })',
  ],
  [
    /failed to join|NodeCreationFailure/i,
    'nodes must reach the API server: is the endpoint private too, and have the subnets a way out?',
  ],
  [
    /dependent|DependencyViolation|has dependencies|in use|cannot be deleted/i,
    'something else still uses it: a load balancer, a volume or a network interface; delete that, then run the command again',
  ],
]

function cureOf(reason: string): string {
  return (
    cures.find(([pattern]) => pattern.test(reason))?.[1] ??
    'mend the cause and run the command again: what failed is cleared away, what is there stays'
  )
}
