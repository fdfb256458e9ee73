import { StepError } from '../../plan/step-error.ts'
import type { AwsConnection } from '../../platform/aws/connection.ts'
import type { AwsIdentity } from '../../platform/aws/identity.ts'
import type { WantedRight } from '../../platform/aws/rights.ts'
import type { EksSettings } from './settings.ts'

/**
 * Refuses to begin what somebody may not finish: a control plane that waits ten minutes for a role that is then denied costs time and
 * money. Nothing is done where IAM does not say.
 */
export async function mustHaveRights(
  settings: EksSettings,
  connection: AwsConnection,
  identity: AwsIdentity,
  signal: AbortSignal,
): Promise<void> {
  const { missingRights } = await import('../../platform/aws/rights.ts')
  const missing = await missingRights(connection, identity, wantedRights(settings, identity), signal)
  if (missing === undefined || missing.length === 0) return
  const rights = [...new Set(missing)].sort()
  throw new StepError(
    'precondition',
    `${identity.arn} lacks ${rights.length === 1 ? 'a right' : `${rights.length} rights`} in account ${identity.account} to make the cluster ${settings.cluster}: ${rights.join(', ')}`,
    {
      span: settings.at(),
      hint: 'nothing was made; ask whoever administers the account for them, or choose other credentials (AWS_PROFILE, or eks: { profile: … })',
    },
  )
}

/** What making a cluster does in the name of whoever makes it, by the things it is done with. */
export function wantedRights(
  { cluster, region, network, repositories }: EksSettings,
  { account, arn }: AwsIdentity,
): WantedRight[] {
  const partition = arn.split(':')[1] ?? 'aws'
  const thing = (service: string, path: string): string =>
    `arn:${partition}:${service}:${service === 'iam' ? '' : region}:${account}:${path}`
  const isMade = network.kind === 'made'
  return [
    {
      actions: ['cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet'],
      resource: thing('cloudformation', `stack/${cluster}-cluster/0`),
    },
    {
      actions: ['eks:CreateCluster', 'eks:CreateNodegroup', 'eks:CreateAddon'],
      resource: thing('eks', `cluster/${cluster}`),
    },
    {
      actions: ['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:PassRole'],
      resource: thing('iam', `role/${cluster}-cluster-ClusterRole-0`),
    },
    { actions: ['iam:CreateOpenIDConnectProvider'], resource: thing('iam', 'oidc-provider/*') },
    {
      actions: ['logs:CreateLogGroup'],
      resource: thing('logs', `log-group:/aws/eks/${cluster}/cluster`),
    },
    {
      actions: [
        'ec2:CreateLaunchTemplate',
        'ec2:RunInstances',
        ...(isMade ? ['ec2:CreateVpc', 'ec2:CreateSubnet', 'ec2:CreateInternetGateway'] : []),
        ...(isMade && network.hasNat ? ['ec2:AllocateAddress', 'ec2:CreateNatGateway'] : []),
      ],
      resource: '*',
    },
    ...(repositories.length === 0
      ? []
      : [
          { actions: ['ecr:GetAuthorizationToken'], resource: '*' },
          {
            actions: ['ecr:CreateRepository', 'ecr:InitiateLayerUpload', 'ecr:PutImage'],
            resource: thing('ecr', `repository/${repositories[0] ?? ''}`),
          },
        ]),
  ]
}
