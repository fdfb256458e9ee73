import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cidrText, parseCidr, quarters } from '../../../src/clusters/eks/addresses.ts'
import { instanceType } from '../../../src/clusters/eks/instance-types.ts'
import { principalOf } from '../../../src/clusters/eks/templates/cluster.ts'
import { logicalId } from '../../../src/clusters/eks/templates/names.ts'
import { overlaps } from '../../../src/clusters/subnets.ts'
import { combinations, stacksOf } from './combinations.ts'
import { cyclesIn, exportsOf, importsOf, structureProblems } from './structure.ts'

describe.each(combinations)('%s', (_name, choice) => {
  test('every reference leads somewhere, and nothing needs itself (S164, S165)', async () => {
    const stacks = await stacksOf(choice)
    expect(stacks.flatMap(structureProblems)).toEqual([])
    expect(cyclesIn(new Map(stacks.map(({ name, needs }) => [name, needs])))).toEqual([])
  })

  test('a stack imports only from those before it, which it names as needed', async () => {
    const stacks = await stacksOf(choice)
    stacks.forEach((stack, index) => {
      const before = stacks.slice(0, index)
      const needed = (name: string): string[] => {
        const found = before.find((each) => each.name === name)
        return found ? [name, ...found.needs.flatMap(needed)] : []
      }
      const reachable = new Set(stack.needs.flatMap(needed))
      expect(stack.needs.every((name) => before.some((each) => each.name === name))).toBe(true)
      const offered = before.filter(({ name }) => reachable.has(name)).flatMap(exportsOf)
      expect(importsOf(stack).filter((name) => !offered.includes(name))).toEqual([])
    })
    const used = new Set(stacks.flatMap(importsOf))
    expect(stacks.flatMap(exportsOf).filter((name) => !used.has(name))).toEqual([])
  })

  test('all that takes tags has ours, and the same settings give the same bytes', async () => {
    const stacks = await stacksOf(choice)
    const untagged = stacks.flatMap(({ template }) =>
      Object.entries(template.Resources).flatMap(([id, { Properties }]) =>
        JSON.stringify(Properties ?? {}).includes('iamstack:cluster') ? [] : [id],
      ),
    )
    // Neither takes tags: AWS::EC2::VPCGatewayAttachment, ::Route and ::SubnetRouteTableAssociation.
    expect(untagged.filter((id) => !/Attachment$|Route$|Routing[AB]$/.test(id))).toEqual([])
    expect((await stacksOf(choice)).map(({ text }) => text)).toEqual(stacks.map(({ text }) => text))
  })
})

test('the stacks of a cluster, in their order', async () => {
  const stacks = await stacksOf({
    block: 'nodes: { b: { type: t3.large }, a: { type: t3.large } }',
    profile: 'registry: { ecr: true }\n',
  })
  const lines = stacks.map(
    ({ name, needs, template }) =>
      `${name} after ${needs.join(', ') || 'nothing'}: ${Object.keys(template.Resources).join(' ')}`,
  )
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "shop-registry after nothing: RepositoryApi737a40 RepositoryWeb973756
    shop-network after nothing: Vpc InternetGateway InternetAttachment PublicRoutes PublicRoute PublicSubnetA PublicRoutingA PublicSubnetB PublicRoutingB
    shop-cluster after shop-network: ClusterRole NodeRole Cluster Logs IdentityProvider VpcCni KubeProxy PodIdentity
    shop-nodes-a after shop-cluster: Launch Nodes
    shop-nodes-b after shop-cluster: Launch Nodes
    shop-addons after shop-nodes-a, shop-nodes-b: VolumeRole Volumes Dns"
  `)
})

test('a template as CloudFormation gets it (S165, S176)', async () => {
  const stacks = await stacksOf({
    block:
      'nodes: { workers: { type: m7g.large, min: 1, desired: 2, max: 4, spot: true, labels: { pool: web } } }',
  })
  expect(stacks.find(({ part }) => part === 'nodes-workers')?.text).toMatchInlineSnapshot(`
    "AWSTemplateFormatVersion: "2010-09-09"
    Description: "Node group workers of the EKS cluster shop"
    Parameters:
      Release:
        Type: "AWS::SSM::Parameter::Value<String>"
        Description: "Where AWS says which release of the node image is recommended"
        Default: /aws/service/eks/optimized-ami/1.35/amazon-linux-2023/arm64/standard/recommended/release_version
    Resources:
      Launch:
        Type: "AWS::EC2::LaunchTemplate"
        Properties:
          LaunchTemplateData:
            BlockDeviceMappings:
              - DeviceName: /dev/xvda
                Ebs:
                  DeleteOnTermination: true
                  Encrypted: true
                  VolumeSize: 20
                  VolumeType: gp3
            InstanceType: m7g.large
            MetadataOptions:
              HttpPutResponseHopLimit: 1
              HttpTokens: required
            TagSpecifications:
              - ResourceType: instance
                Tags:
                  - Key: "iamstack:cluster"
                    Value: shop
                  - Key: "iamstack:part"
                    Value: nodes-workers
                  - Key: "iamstack:stack"
                    Value: shop
                  - Key: Name
                    Value: shop-workers
              - ResourceType: volume
                Tags:
                  - Key: "iamstack:cluster"
                    Value: shop
                  - Key: "iamstack:part"
                    Value: nodes-workers
                  - Key: "iamstack:stack"
                    Value: shop
                  - Key: Name
                    Value: shop-workers
              - ResourceType: network-interface
                Tags:
                  - Key: "iamstack:cluster"
                    Value: shop
                  - Key: "iamstack:part"
                    Value: nodes-workers
                  - Key: "iamstack:stack"
                    Value: shop
                  - Key: Name
                    Value: shop-workers
          TagSpecifications:
            - ResourceType: launch-template
              Tags:
                - Key: "iamstack:cluster"
                  Value: shop
                - Key: "iamstack:part"
                  Value: nodes-workers
                - Key: "iamstack:stack"
                  Value: shop
                - Key: Name
                  Value: shop-workers
      Nodes:
        Type: "AWS::EKS::Nodegroup"
        Properties:
          AmiType: AL2023_ARM_64_STANDARD
          CapacityType: SPOT
          ClusterName:
            "Fn::ImportValue": shop-cluster-Cluster
          Labels:
            pool: web
          LaunchTemplate:
            Id:
              Ref: Launch
            Version:
              "Fn::GetAtt":
                - Launch
                - LatestVersionNumber
          NodeRole:
            "Fn::ImportValue": shop-cluster-NodeRole
          ReleaseVersion:
            Ref: Release
          ScalingConfig:
            DesiredSize: 2
            MaxSize: 4
            MinSize: 1
          Subnets:
            "Fn::Split":
              - ","
              - "Fn::ImportValue": shop-network-NodeSubnets
          Tags:
            "iamstack:cluster": shop
            "iamstack:part": nodes-workers
            "iamstack:stack": shop
          UpdateConfig:
            MaxUnavailable: 1
          Version: "1.35"
    Outputs:
      Nodes:
        Value:
          "Fn::GetAtt":
            - Nodes
            - Arn
      Digest:
        Value: ab1a4070bb0d89de
    "
  `)
})

test('what would be deleted and made anew keeps its id when others come and go', async () => {
  const profile = 'registry: { ecr: true }\n'
  const idsOf = async (stack: string, admins: string): Promise<string[]> =>
    (await stacksOf({ stack, profile, block: `admins: [${admins}]` })).flatMap(({ template }) =>
      Object.keys(template.Resources).filter((id) => /^(Repository|Admin)/.test(id)),
    )
  const [ada, bob] = ['user/ada', 'role/team/bob'].map((name) => `"arn:aws:iam::123456789012:${name}"`)
  const stackWith = (images: string): string =>
    `name: shop\nimages: { ${images} }\nservices: { web: { image: web } }\n`
  const before = await idsOf(stackWith('web: { context: . }'), bob ?? '')
  const after = await idsOf(
    stackWith('api: { context: . }, web: { context: . }'),
    `${ada ?? ''}, ${bob ?? ''}`,
  )
  expect(after.filter((id) => before.includes(id))).toEqual(before)
  expect(after).toMatchInlineSnapshot(`
    [
      "RepositoryApi737a40",
      "RepositoryWeb973756",
      "AdminAda397b11",
      "AdminBob1b0ae2",
    ]
  `)
  expect(logicalId('Repository', 'shop/a-b')).not.toBe(logicalId('Repository', 'shop/a_b'))
})

test('the four subnets of a network fill it and share no address', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 16, max: 26 }), (address, prefix) => {
      const range = parseCidr(cidrText({ first: address, prefix }))
      const parts = quarters(range!).map(cidrText)
      const whole = cidrText(range!)
      return (
        parts.every((part) => overlaps(part, whole)) &&
        parts.every((one, index) => parts.slice(index + 1).every((other) => !overlaps(one, other)))
      )
    }),
  )
  expect(quarters(parseCidr('10.1.0.0/16')!).map(cidrText)).toEqual([
    '10.1.0.0/18',
    '10.1.64.0/18',
    '10.1.128.0/18',
    '10.1.192.0/18',
  ])
})

test('what the name of an instance type says', () => {
  const names =
    't3.medium t4g.small m7gd.16xlarge c7i-flex.large g4dn.xlarge g5g.2xlarge p5.48xlarge a1.large x2gd.metal u-6tb1.metal t2.nano odd'
  const lines = names.split(' ').map((name) => {
    const known = instanceType(name)
    return `${name}: ${known ? `${known.arch}${known.hasGpu ? ' gpu' : ''} ${known.size}` : 'unknown'}`
  })
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "t3.medium: amd64 medium
    t4g.small: arm64 small
    m7gd.16xlarge: arm64 16xlarge
    c7i-flex.large: amd64 large
    g4dn.xlarge: amd64 gpu xlarge
    g5g.2xlarge: arm64 gpu 2xlarge
    p5.48xlarge: amd64 gpu 48xlarge
    a1.large: arm64 large
    x2gd.metal: arm64 metal
    u-6tb1.metal: amd64 metal
    t2.nano: amd64 nano
    odd: unknown"
  `)
})

test('who administers is told without his path, as a session tells it', () => {
  expect(principalOf('arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Admin')).toBe(
    'role/Admin',
  )
  expect(principalOf('arn:aws-cn:iam::123456789012:user/ada')).toBe('user/ada')
})
