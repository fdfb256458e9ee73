import { StepError } from '../../../plan/step-error.ts'
import type { SeenStack } from '../../../platform/aws/cloudformation-words.ts'
import type { EksSettings } from '../settings.ts'

/** Whether a stack is part of the cluster that these settings describe. */
export function isOurs(
  { tags }: Pick<SeenStack, 'tags'>,
  { cluster }: Pick<EksSettings, 'cluster'>,
): boolean {
  return tags['iamstack:cluster'] === cluster
}

/** A stack of the same name that somebody else made is neither changed nor deleted. */
export function mustBeOurs(stack: SeenStack, settings: EksSettings): void {
  if (isOurs(stack, settings) || isNobodys(stack)) return
  throw new StepError(
    'precondition',
    `there is a CloudFormation stack ${stack.name} in ${settings.region} that iamstack did not make`,
    {
      span: settings.at('cluster'),
      hint: `nothing was touched; choose another name (eks: { cluster: … }), or delete it: aws cloudformation delete-stack --stack-name ${stack.name} --region ${settings.region}`,
    },
  )
}

/** A name that an attempt reserved before it said whose it is. There is nothing in it. */
function isNobodys({ status, tags }: SeenStack): boolean {
  return status === 'REVIEW_IN_PROGRESS' && Object.keys(tags).length === 0
}
