import type { EksSettings } from '../settings.ts'
import { attribute, imported, managedPolicy, template, trust, type Template } from './document.ts'
import { stackName, tagList, tagMap } from './names.ts'

/**
 * Add-ons that run on nodes: without one they never become active, and CloudFormation would give up on them. The driver of EBS
 * volumes gets its rights by pod identity; volumes stay pending without it.
 */
export function addonsTemplate(settings: EksSettings): Template {
  const cluster = imported(stackName(settings, 'cluster'), 'Cluster')
  const Tags = tagList(settings, 'addons')
  return template(`Add-ons of the EKS cluster ${settings.cluster}`, {
    Resources: {
      VolumeRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: trust('pods.eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
          ManagedPolicyArns: [managedPolicy('service-role/AmazonEBSCSIDriverPolicy')],
          Tags,
        },
      },
      Volumes: {
        Type: 'AWS::EKS::Addon',
        Properties: {
          AddonName: 'aws-ebs-csi-driver',
          ClusterName: cluster,
          // Volumes that outlive the cluster are found by them.
          ConfigurationValues: JSON.stringify({
            controller: { extraVolumeTags: tagMap(settings, 'addons') },
          }),
          PodIdentityAssociations: [
            { RoleArn: attribute('VolumeRole', 'Arn'), ServiceAccount: 'ebs-csi-controller-sa' },
          ],
          ResolveConflicts: 'OVERWRITE',
          Tags,
        },
      },
      Dns: {
        Type: 'AWS::EKS::Addon',
        Properties: { AddonName: 'coredns', ClusterName: cluster, ResolveConflicts: 'OVERWRITE', Tags },
      },
    },
    Outputs: {},
  })
}
