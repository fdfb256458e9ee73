import { cloudStacks, type CloudStack } from '../../../src/clusters/eks/stacks.ts'
import { settingsOf, type EksChoice } from './eks-stack.ts'

const networks = [
  '',
  'network: { create: 10.0.0.0/16 }',
  'network: { create: 172.20.0.0/20, nat: true }',
  'network: { vpc: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1] }',
]
const nodes = [
  'nodes: { workers: { type: t3.medium, min: 1, desired: 2, max: 3 } }',
  'nodes: { arm: { type: m7g.large, spot: true, disk: 50 }, gpu: { type: g5.xlarge, labels: { pool: gpu, example.com/kind: "" } } }',
]
const others = [
  '',
  `version: "1.36"
endpoint: { public-cidrs: [198.51.100.0/24, 203.0.113.7/32] }
admins: ["arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Admin", "arn:aws:iam::123456789012:user/ada"]`,
  'endpoint: { public-cidrs: [], private: true }',
]

/** What the kinds of network, of nodes and of access make together, with and without repositories: by name of a case. */
export const combinations: readonly (readonly [string, EksChoice])[] = networks.flatMap((network, one) =>
  nodes.flatMap((group, two) =>
    others.map((other, three) => {
      const block = [network, group, other].filter((text) => text !== '').join('\n')
      const profile = three === 1 ? '' : 'registry: { ecr: true }\n'
      return [`network ${one}, nodes ${two}, access ${three}`, { block, profile }] as const
    }),
  ),
)

export async function stacksOf(choice: EksChoice): Promise<CloudStack[]> {
  return cloudStacks(await settingsOf(choice))
}
