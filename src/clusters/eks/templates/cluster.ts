import type { Yaml } from '../../../drivers/yaml-text.ts'
import { serviceRangeOf } from '../service-range.ts'
import type { EksSettings } from '../settings.ts'
import {
  attribute,
  exported,
  imported,
  managedPolicy,
  ref,
  sub,
  template,
  trust,
  type Output,
  type Template,
  type TemplateResource,
} from './document.ts'
import { logicalId, stackName, tagList } from './names.ts'

/** Days for which the log of the control plane is kept. */
const logDays = 30

/** Add-ons that nodes need to become ready, so that they come before the first node. */
const beforeNodes = {
  VpcCni: 'vpc-cni',
  KubeProxy: 'kube-proxy',
  PodIdentity: 'eks-pod-identity-agent',
} as const

/**
 * The control plane, who may use it, and the role of its nodes. IAM makes up the names of roles, so that nobody has to acknowledge
 * names of his own (CAPABILITY_IAM is enough).
 */
export function clusterTemplate(settings: EksSettings): Template {
  const name = stackName(settings, 'cluster')
  const { admins } = settings
  return template(`EKS cluster ${settings.cluster}`, {
    ...(admins.length > 0 && {
      Parameters: {
        Creator: {
          Type: 'String',
          Description:
            'role/NAME or user/NAME of whoever makes the cluster: EKS lets it in by itself, and refuses a second entry',
          Default: '-',
        },
      },
      Conditions: Object.fromEntries(
        admins.map((arn) => [
          logicalId('IsNot', arn),
          { 'Fn::Not': [{ 'Fn::Equals': [ref('Creator'), principalOf(arn)] }] },
        ]),
      ),
    }),
    Resources: {
      ...roleResources(settings),
      Cluster: clusterResource(settings),
      Logs: {
        Type: 'AWS::Logs::LogGroup',
        // EKS would make it by itself, and leave it behind.
        DeletionPolicy: 'Delete',
        UpdateReplacePolicy: 'Delete',
        Properties: {
          LogGroupName: `/aws/eks/${settings.cluster}/cluster`,
          RetentionInDays: logDays,
          Tags: tagList(settings, 'cluster'),
        },
      },
      IdentityProvider: {
        Type: 'AWS::IAM::OIDCProvider',
        Properties: {
          ClientIdList: ['sts.amazonaws.com'],
          Tags: tagList(settings, 'cluster'),
          Url: attribute('Cluster', 'OpenIdConnectIssuerUrl'),
        },
      },
      ...Object.fromEntries(
        Object.entries(beforeNodes).map(([id, addon]) => [id, addonResource(settings, addon)]),
      ),
      ...Object.fromEntries(admins.map((arn) => [logicalId('Admin', arn), adminResource(settings, arn)])),
    },
    Outputs: clusterOutputs(name),
  })
}

function clusterOutputs(name: string): Record<string, Output> {
  return {
    Cluster: exported(name, 'Cluster', ref('Cluster')),
    NodeRole: exported(name, 'NodeRole', attribute('NodeRole', 'Arn')),
    CertificateAuthority: { Value: attribute('Cluster', 'CertificateAuthorityData') },
    Endpoint: { Value: attribute('Cluster', 'Endpoint') },
    IdentityProvider: { Value: ref('IdentityProvider') },
    SecurityGroup: { Value: attribute('Cluster', 'ClusterSecurityGroupId') },
  }
}

/** `role/Admin` of an ARN: without the path, which the identity of a session does not tell. */
export function principalOf(arn: string): string {
  const [, kind = '', name = ''] = /:(role|user)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? []
  return `${kind}/${name}`
}

function roleResources(settings: EksSettings): Record<string, TemplateResource> {
  const Tags = tagList(settings, 'cluster')
  return {
    ClusterRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: trust('eks.amazonaws.com'),
        ManagedPolicyArns: [managedPolicy('AmazonEKSClusterPolicy')],
        Tags,
      },
    },
    NodeRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: trust(sub('ec2.${AWS::URLSuffix}')),
        ManagedPolicyArns: [
          managedPolicy('AmazonEKSWorkerNodePolicy'),
          managedPolicy('AmazonEC2ContainerRegistryPullOnly'),
          managedPolicy('AmazonEKS_CNI_Policy'),
        ],
        Tags,
      },
    },
  }
}

function clusterResource(settings: EksSettings): TemplateResource {
  const { endpoint, cluster, version } = settings
  const serviceRange = serviceRangeOf(settings.network)
  const isPublic = endpoint.publicCidrs.length > 0
  return {
    Type: 'AWS::EKS::Cluster',
    DependsOn: ['Logs'],
    Properties: {
      AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: true },
      // Ours come as add-ons with a life of their own.
      BootstrapSelfManagedAddons: false,
      ...(serviceRange !== undefined && { KubernetesNetworkConfig: { ServiceIpv4Cidr: serviceRange } }),
      Logging: { ClusterLogging: { EnabledTypes: [{ Type: 'audit' }, { Type: 'authenticator' }] } },
      Name: cluster,
      ResourcesVpcConfig: {
        EndpointPrivateAccess: endpoint.isPrivate,
        EndpointPublicAccess: isPublic,
        ...(isPublic && { PublicAccessCidrs: endpoint.publicCidrs }),
        SubnetIds: clusterSubnets(settings),
      },
      RoleArn: attribute('ClusterRole', 'Arn'),
      Tags: tagList(settings, 'cluster'),
      Version: version,
    },
  }
}

function clusterSubnets(settings: EksSettings): Yaml {
  const { network } = settings
  if (network.kind === 'given') return network.subnets
  return { 'Fn::Split': [',', imported(stackName(settings, 'network'), 'ClusterSubnets')] }
}

/** The version of an add-on is the one that EKS means for the version of Kubernetes. */
function addonResource(settings: EksSettings, addon: string): TemplateResource {
  return {
    Type: 'AWS::EKS::Addon',
    Properties: {
      AddonName: addon,
      ClusterName: ref('Cluster'),
      ResolveConflicts: 'OVERWRITE',
      Tags: tagList(settings, 'cluster'),
    },
  }
}

function adminResource(settings: EksSettings, arn: string): TemplateResource {
  return {
    Type: 'AWS::EKS::AccessEntry',
    Condition: logicalId('IsNot', arn),
    Properties: {
      AccessPolicies: [
        {
          AccessScope: { Type: 'cluster' },
          PolicyArn: sub('arn:${AWS::Partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy'),
        },
      ],
      ClusterName: ref('Cluster'),
      PrincipalArn: arn,
      Tags: tagList(settings, 'cluster'),
      Type: 'STANDARD',
    },
  }
}
