import { AwsError } from './aws-error.ts'
import type { AwsConnection } from './connection.ts'
import type { AwsIdentity } from './identity.ts'
import { queryAws } from './query.ts'

/** What somebody wants to do with one thing. */
export interface WantedRight {
  /** In the words of IAM: `eks:CreateCluster`. */
  readonly actions: readonly string[]
  /** An ARN, also of what is not there yet; `*` where the action knows no resource. */
  readonly resource: string
}

/**
 * Actions that IAM, asked in a rehearsal, would not allow; nothing is done. What depends on more than is known (a tag, a date) counts
 * as allowed. Undefined where IAM does not answer such questions: for the account itself, and for those who may not ask.
 * Source: docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html.
 */
export async function missingRights(
  connection: AwsConnection,
  identity: AwsIdentity,
  wanted: readonly WantedRight[],
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const principal = policyHolder(identity)
  if (principal === undefined) return undefined
  try {
    const missing = await Promise.all(wanted.map((right) => refused(connection, principal, right, signal)))
    return missing.flat()
  } catch (error) {
    if (error instanceof AwsError && (error.failure === 'denied' || error.failure === 'refused'))
      return undefined
    throw error
  }
}

async function refused(
  connection: AwsConnection,
  principal: string,
  { actions, resource }: WantedRight,
  signal: AbortSignal,
): Promise<string[]> {
  const { region } = connection.options
  const isChina = region.startsWith('cn-')
  const service = {
    name: 'iam',
    version: '2010-05-08',
    region: isChina ? 'cn-north-1' : 'us-east-1',
    host: isChina ? 'iam.cn-north-1.amazonaws.com.cn' : 'iam.amazonaws.com',
  } as const
  const names = actions.map((action, index) => [`ActionNames.member.${index + 1}`, action] as const)
  const fields = {
    PolicySourceArn: principal,
    MaxItems: '1000',
    'ResourceArns.member.1': resource,
    ...Object.fromEntries(names),
  }
  const answer = await queryAws(connection, service, 'SimulatePrincipalPolicy', fields, signal)
  // Each result begins with the name of its action.
  const results = answer.split('<EvalActionName>').slice(1)
  return results.flatMap((result) => {
    const [, decision] = /<EvalDecision>(\w+)<\/EvalDecision>/.exec(result) ?? []
    const isUnsure = /<MissingContextValues>\s*<member>/.test(result)
    return decision === 'allowed' || isUnsure ? [] : [result.slice(0, result.indexOf('<'))]
  })
}

/** The role behind a session, or a user; an account itself has no policies that could be asked. */
function policyHolder({ arn }: AwsIdentity): string | undefined {
  const [, partition, account, role] = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? []
  if (role !== undefined) return `arn:${partition ?? 'aws'}:iam::${account ?? ''}:role/${role}`
  return arn.includes(':user/') ? arn : undefined
}
