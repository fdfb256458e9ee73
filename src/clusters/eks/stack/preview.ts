import { randomBytes } from 'node:crypto'
import { AwsError } from '../../../platform/aws/aws-error.ts'
import type { ResourceChange } from '../../../platform/aws/cloudformation-words.ts'
import type { Resource } from '../../../plan/resource.ts'
import type { EksPlace } from '../place.ts'
import type { CloudStack } from '../stacks.ts'
import { conditionOf } from './condition.ts'
import { mustBeOurs } from './ours.ts'
import { prepareChanges } from './prepare.ts'

/**
 * What CloudFormation says that it would do with a stack that stands, a line for each thing in it. It is asked by way of a change set
 * that is dropped again. Undefined: it cannot say now.
 */
export async function previewStack(
  place: EksPlace,
  wanted: CloudStack,
  resource: Resource,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const cloudFormation = await place.cloudFormation(signal)
  const seen = await cloudFormation.stack(wanted.name, signal)
  if (seen) mustBeOurs(seen, place.settings)
  if (seen === undefined || conditionOf(seen) !== 'standing') return undefined
  const name = `iamstack-plan-${randomBytes(6).toString('hex')}`
  const changes = await prepareChanges(
    { place, cloudFormation, wanted, resource, seen, signal },
    'UPDATE',
    name,
  )
  if (changes === undefined) return []
  await cloudFormation.dropChangeSet(wanted.name, name, signal)
  return changes.map(changeText)
}

/** The same, and undefined for those who may look at stacks but not prepare a change. */
export async function previewIfAllowed(
  ...given: Parameters<typeof previewStack>
): ReturnType<typeof previewStack> {
  try {
    return await previewStack(...given)
  } catch (error) {
    if (error instanceof AwsError && error.failure === 'denied') return undefined
    throw error
  }
}

/** `Nodes (AWS::EKS::Nodegroup) is replaced`. */
export function changeText({ op, resource, type, replacement }: ResourceChange): string {
  return `${resource} (${type}) ${verb(op, replacement)}`
}

function verb(op: ResourceChange['op'], replacement: ResourceChange['replacement']): string {
  switch (op) {
    case 'add':
      return 'is made'
    case 'remove':
      return 'is deleted'
    case 'other':
      return 'may change'
    case 'modify':
      return replacement === 'yes'
        ? 'is replaced'
        : replacement === 'maybe'
          ? 'is changed, or replaced if it must be'
          : 'is changed'
    default:
      return op satisfies never
  }
}
