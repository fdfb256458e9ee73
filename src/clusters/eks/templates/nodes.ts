import type { Yaml } from '../../../drivers/yaml-text.ts'
import { instanceType } from '../instance-types.ts'
import type { EksSettings, NodeGroup } from '../settings.ts'
import { attribute, imported, ref, template, type Template, type TemplateResource } from './document.ts'
import { stackName, tagList, tagMap } from './names.ts'

/**
 * A managed node group. It has no name of its own, because CloudFormation cannot replace what has one; its instance type is in the
 * launch template, so that another one is rolled out node by node. Its image is AWS's own, in the release that a public parameter names at the time of a change: nobody looks
 * up a number, and nodes are not replaced without one.
 */
export function nodesTemplate(settings: EksSettings, group: NodeGroup): Template {
  const { amiType, parameter } = imageOf(group)
  return template(`Node group ${group.name} of the EKS cluster ${settings.cluster}`, {
    Parameters: {
      Release: {
        Type: 'AWS::SSM::Parameter::Value<String>',
        Description: 'Where AWS says which release of the node image is recommended',
        Default: `/aws/service/eks/optimized-ami/${settings.version}/amazon-linux-2023/${parameter}/recommended/release_version`,
      },
    },
    Resources: {
      Launch: launchTemplate(settings, group),
      Nodes: {
        Type: 'AWS::EKS::Nodegroup',
        Properties: {
          AmiType: amiType,
          CapacityType: group.isSpot ? 'SPOT' : 'ON_DEMAND',
          ClusterName: imported(stackName(settings, 'cluster'), 'Cluster'),
          ...(Object.keys(group.labels).length > 0 && { Labels: group.labels }),
          LaunchTemplate: { Id: ref('Launch'), Version: attribute('Launch', 'LatestVersionNumber') },
          NodeRole: imported(stackName(settings, 'cluster'), 'NodeRole'),
          ReleaseVersion: ref('Release'),
          ScalingConfig: { DesiredSize: group.desired, MaxSize: group.max, MinSize: group.min },
          Subnets: nodeSubnets(settings),
          Tags: tagMap(settings, `nodes-${group.name}`),
          UpdateConfig: { MaxUnavailable: 1 },
          Version: settings.version,
        },
      },
    },
    Outputs: { Nodes: { Value: attribute('Nodes', 'Arn') } },
  })
}

interface NodeImage {
  readonly amiType: string
  /** The part of the parameter's name that differs. */
  readonly parameter: string
}

/** Source: docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html, and AmiType of AWS::EKS::Nodegroup. */
function imageOf({ type, arch }: NodeGroup): NodeImage {
  const known = instanceType(type)
  const isArm = (arch ?? known?.arch) === 'arm64'
  if (known?.hasGpu === true) {
    return isArm
      ? { amiType: 'AL2023_ARM_64_NVIDIA', parameter: 'arm64/nvidia' }
      : { amiType: 'AL2023_x86_64_NVIDIA', parameter: 'x86_64/nvidia' }
  }
  return isArm
    ? { amiType: 'AL2023_ARM_64_STANDARD', parameter: 'arm64/standard' }
    : { amiType: 'AL2023_x86_64_STANDARD', parameter: 'x86_64/standard' }
}

function launchTemplate(settings: EksSettings, { name, type, disk }: NodeGroup): TemplateResource {
  const tags = tagList(settings, `nodes-${name}`, { Name: `${settings.cluster}-${name}` })
  return {
    Type: 'AWS::EC2::LaunchTemplate',
    Properties: {
      LaunchTemplateData: {
        BlockDeviceMappings: [
          {
            DeviceName: '/dev/xvda',
            Ebs: { DeleteOnTermination: true, Encrypted: true, VolumeSize: disk, VolumeType: 'gp3' },
          },
        ],
        InstanceType: type,
        // One hop: what runs in a pod has no business with the role of its node.
        MetadataOptions: { HttpPutResponseHopLimit: 1, HttpTokens: 'required' },
        TagSpecifications: ['instance', 'volume', 'network-interface'].map((ResourceType) => ({
          ResourceType,
          Tags: tags,
        })),
      },
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: tags }],
    },
  }
}

function nodeSubnets(settings: EksSettings): Yaml {
  const { network } = settings
  if (network.kind === 'given') return network.subnets
  return { 'Fn::Split': [',', imported(stackName(settings, 'network'), 'NodeSubnets')] }
}
