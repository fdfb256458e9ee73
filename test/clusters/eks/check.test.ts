import { describe, expect, test } from 'vitest'
import { openEksCluster } from '../../../src/clusters/eks/cluster.ts'
import { eksFindings, sizeFindings } from '../../../src/clusters/eks/check.ts'
import { eksSettings } from '../../../src/clusters/eks/settings.ts'
import { cloudStacks } from '../../../src/clusters/eks/stacks.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import { locationOf, type Diagnostic } from '../../../src/stack/diagnostics.ts'
import { eksStack, settingsOf, type EksChoice } from './eks-stack.ts'

/** Where ordinary support of every version up to 1.34 has ended. */
const today = '2026-12-24'
const closed = 'endpoint: { public-cidrs: [198.51.100.0/24] }\n'

function lineOf({ severity, code, message, span, hint }: Diagnostic): string {
  const place = span ? locationOf(span).replace('/stack/profiles/', '') : '?'
  return `${place} ${severity} ${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`
}

async function findings(choice: EksChoice): Promise<string> {
  return eksFindings(await settingsOf(choice), today)
    .map(lineOf)
    .join('\n')
}

/** What is found for each of some choices. */
async function table(choices: readonly string[], blockOf: (choice: string) => string): Promise<string> {
  const lines: string[] = []
  for (const choice of choices) {
    const found = await findings({ block: blockOf(choice) })
    lines.push(`${choice}: ${found === '' ? 'nothing' : found}`)
  }
  return lines.join('\n')
}

test('a profile that is as it should be', async () => {
  expect(await findings({ block: closed })).toBe('')
})

test('everything that is wrong is told at once', async () => {
  const block = `
region: europe
version: "1.22"
cluster: mine
network: { create: 10.0.0.5/16 }
nodes: { small: { type: t3.micro }, arm: { type: m7g.large, arch: amd64, disk: 8 } }
endpoint: { public-cidrs: [10.0.0.0/8, 198.51.100.7/24, 198.51.100.999/32], private: false }
storage: { default: gp4 }
admins: [ada, "arn:aws:sts::123456789012:assumed-role/Admin/ada"]
`
  expect(await findings({ block })).toMatchInlineSnapshot(`
    "here.yaml:2:1 error eks/region: europe is no AWS region (like eu-west-1)
    here.yaml:2:1 error eks/version: EKS has no Kubernetes 1.22 (EKS has 1.32 to 1.36, as far as this version of iamstack knows)
    here.yaml:2:1 error eks/admin: ada is no role and no user (like arn:aws:iam::123456789012:role/Admin)
    here.yaml:2:1 error eks/admin: arn:aws:sts::123456789012:assumed-role/Admin/ada is no role and no user (a session passes; name its role: arn:aws:iam::123456789012:role/Admin)
    here.yaml:2:1 error eks/network: 10.0.0.5/16 does not begin where its range begins (write 10.0.0.0/16)
    here.yaml:2:1 error eks/endpoint: nobody comes from 10.0.0.0/8 over the internet: it lies in 10.0.0.0/8 (name the address that the internet sees of you: curl https://checkip.amazonaws.com)
    here.yaml:2:1 error eks/endpoint: 198.51.100.7/24 does not begin where its range begins (write 198.51.100.0/24)
    here.yaml:2:1 error eks/endpoint: 198.51.100.999/32 is no range of IPv4 addresses (like 198.51.100.0/24)
    here.yaml:2:1 error eks/endpoint: nodes would have to reach the API server from outside, and their addresses are not among those allowed (leave private at true: nodes then stay inside)
    here.yaml:2:1 error eks/arch: node group arm: a m7g.large has an arm64 processor, not amd64 (leave arch away, or take another type)
    here.yaml:2:1 error eks/disk: node group arm: a node needs a volume of 20 GiB, as large as its image
    here.yaml:2:1 error eks/instance-type: node group small: a t3.micro holds four pods, which are those that every node needs for itself (take a small one at least: t3.small holds 11, t3.medium 17)
    here.yaml:2:1 error eks/storage: EBS has no volumes of type gp4 (one of gp3, gp2, io2, io1, st1, sc1, standard)"
  `)
})

test('versions of Kubernetes, on Christmas Eve of 2026 (S163)', async () => {
  const versions = ['1.27', '1.31', '1.33', '1.34', '1.35', '1.36', '1.37', '1.35.2', 'v1.35']
  expect(await table(versions, (version) => `${closed}version: "${version}"`)).toMatchInlineSnapshot(`
    "1.27: here.yaml:2:1 error eks/version: EKS has no Kubernetes 1.27 (EKS has 1.32 to 1.36, as far as this version of iamstack knows)
    1.31: here.yaml:2:1 error eks/version: EKS ended Kubernetes 1.31 on 2026-11-26 (EKS has 1.32 to 1.36, as far as this version of iamstack knows)
    1.33: here.yaml:2:1 warning eks/extended-support: ordinary support of Kubernetes 1.33 ended on 2026-07-29: the control plane costs several times as much (write a newer version)
    1.34: here.yaml:2:1 warning eks/extended-support: ordinary support of Kubernetes 1.34 ended on 2026-12-02: the control plane costs several times as much (write a newer version)
    1.35: nothing
    1.36: nothing
    1.37: here.yaml:2:1 error eks/version: EKS has no Kubernetes 1.37 (EKS has 1.32 to 1.36, as far as this version of iamstack knows)
    1.35.2: here.yaml:2:1 error eks/version: EKS has no Kubernetes 1.35.2 (EKS has 1.32 to 1.36, as far as this version of iamstack knows; AWS chooses the patch: 1.35)
    v1.35: nothing"
  `)
})

describe('networks (S163)', () => {
  test('a new one', async () => {
    const ranges = [
      '10.0.0.0/8',
      '10.0.0.0/26',
      '10.0.0.0/27',
      '300.0.0.0/16',
      'fd00::/48',
      '169.254.0.0/16',
      '172.16.0.0/15',
      '172.17.0.0/16',
      '172.20.0.0/16',
      '10.0.0.0/24',
    ]
    expect(await table(ranges, (cidr) => `${closed}network: { create: "${cidr}" }`)).toMatchInlineSnapshot(`
      "10.0.0.0/8: here.yaml:2:1 error eks/network: 10.0.0.0/8 is wider than a VPC can be (from /16 to /26: 10.0.0.0/16)
      10.0.0.0/26: here.yaml:2:1 warning eks/network-room: 10.0.0.0/26 leaves 22 addresses for 2 nodes and their pods; a node takes about 18 (take a wider range: later only a network beside it can be added)
      10.0.0.0/27: here.yaml:2:1 error eks/network: 10.0.0.0/27 is too narrow for four subnets in two zones (from /16 to /26: 10.0.0.0/26)
      300.0.0.0/16: here.yaml:2:1 error eks/network: 300.0.0.0/16 is no range of IPv4 addresses (like 10.0.0.0/16)
      fd00::/48: here.yaml:2:1 error eks/network: fd00::/48 is no range of IPv4 addresses (like 10.0.0.0/16)
      169.254.0.0/16: here.yaml:2:1 error eks/network: 169.254.0.0/16 lies in 169.254.0.0/16, where AWS answers instances itself (like 10.0.0.0/16)
      172.16.0.0/15: here.yaml:2:1 error eks/network: 172.16.0.0/15 is wider than a VPC can be (from /16 to /26: 172.16.0.0/16)
      172.17.0.0/16: here.yaml:2:1 warning eks/network-taken: 172.17.0.0/16 overlaps 172.17.0.0/16, which Docker and services of AWS use inside a VPC (choose other addresses: 10.0.0.0/16)
      172.20.0.0/16: nothing
      10.0.0.0/24: nothing"
    `)
  })

  test('one that is there needs two zones', async () => {
    const given = (subnets: string): Promise<string> =>
      findings({ block: `${closed}network: { vpc: vpc-1, subnets: [${subnets}] }` })
    expect(await given('subnet-0123456789abcdef0, subnet-0123456789abcdef0')).toMatchInlineSnapshot(`
      "here.yaml:2:1 error eks/network: vpc-1 is no VPC (like vpc-0123456789abcdef0)
      here.yaml:2:1 error eks/subnet: subnet-0123456789abcdef0 is named twice
      here.yaml:2:1 error eks/zones: EKS needs subnets in two zones at least (name two subnets of different zones)"
    `)
    expect(await given('sub-1, subnet-0123456789abcdef0')).toMatchInlineSnapshot(`
      "here.yaml:2:1 error eks/network: vpc-1 is no VPC (like vpc-0123456789abcdef0)
      here.yaml:2:1 error eks/subnet: sub-1 is no subnet (like subnet-0123456789abcdef0)"
    `)
  })

  test('Services never get the addresses of the network', async () => {
    const rangeOf = async (network: string): Promise<string | undefined> =>
      /ServiceIpv4Cidr: "(.*)"/.exec(
        cloudStacks(await settingsOf({ block: `network: ${network}` })).find(({ part }) => part === 'cluster')
          ?.text ?? '',
      )?.[1]
    expect(await rangeOf('{ create: 10.0.0.0/16 }')).toBe('172.20.0.0/16')
    expect(await rangeOf('{ create: 172.20.0.0/18 }')).toBe('10.100.0.0/16')
    expect(await rangeOf('{ vpc: vpc-0123456789abcdef0, subnets: [a, b] }')).toBe(undefined)
  })
})

test('who reaches the API server (S163)', async () => {
  const endpoints = [
    '{}',
    '{ public-cidrs: 0.0.0.0/0 }',
    '{ public-cidrs: [] }',
    '{ public-cidrs: [], private: false }',
    '{ public-cidrs: 198.51.100.0/24, private: false }',
  ]
  expect(await table(endpoints, (endpoint) => `endpoint: ${endpoint}`)).toMatchInlineSnapshot(`
    "{}: here.yaml:2:1 warning eks/open-endpoint: the whole internet may knock at the API server (name the addresses that you come from: endpoint: { public-cidrs: [198.51.100.0/24] })
    { public-cidrs: 0.0.0.0/0 }: here.yaml:2:1 warning eks/open-endpoint: the whole internet may knock at the API server (name the addresses that you come from: endpoint: { public-cidrs: [198.51.100.0/24] })
    { public-cidrs: [] }: nothing
    { public-cidrs: [], private: false }: here.yaml:2:1 error eks/endpoint: nobody reaches the API server: neither from outside nor inside the VPC (leave private at true: nodes then stay inside)
    { public-cidrs: 198.51.100.0/24, private: false }: here.yaml:2:1 error eks/endpoint: nodes would have to reach the API server from outside, and their addresses are not among those allowed (leave private at true: nodes then stay inside)"
  `)
  const many = Array.from({ length: 41 }, (_each, index) => `198.51.${index}.0/24`)
  expect(await findings({ block: `endpoint: { public-cidrs: [${many.join(', ')}] }` })).toMatchInlineSnapshot(
    `"here.yaml:2:1 error eks/endpoint: 41 ranges; EKS takes 40 (join neighbours)"`,
  )
})

test('node groups', async () => {
  const groups = [
    '{}',
    '{ w: { type: t3.medium, desired: 0 } }',
    '{ w: { type: medium } }',
    '{ w: { type: t3.nano } }',
    '{ w: { type: t3.medium, max: 451 } }',
    '{ w: { type: t3.medium, labels: { node.kubernetes.io/role: web, eks.amazonaws.com/x: a } } }',
    '{ w: { type: t3.medium, labels: { "a b": c, pool: "x y", example.com/kind: "" } } }',
  ]
  expect(await table(groups, (nodes) => `${closed}nodes: ${nodes}`)).toMatchInlineSnapshot(`
    "{}: here.yaml:2:1 error eks/no-nodes: the cluster would have no nodes (nodes: { workers: { type: t3.medium, desired: 2 } })
    { w: { type: t3.medium, desired: 0 } }: here.yaml:2:1 error eks/no-nodes: every node group begins with no nodes (nodes: { workers: { type: t3.medium, desired: 2 } })
    { w: { type: medium } }: here.yaml:2:1 error eks/instance-type: node group w: medium is no instance type (like t3.medium)
    { w: { type: t3.nano } }: here.yaml:2:1 error eks/instance-type: node group w: a t3.nano holds four pods, which are those that every node needs for itself (take a small one at least: t3.small holds 11, t3.medium 17)
    { w: { type: t3.medium, max: 451 } }: here.yaml:2:1 error eks/nodes: node group w: EKS takes 450 nodes in a group
    { w: { type: t3.medium, labels: { node.kubernetes.io/role: web, eks.amazonaws.com/x: a } } }: here.yaml:2:1 error eks/label: node group w: labels of eks.amazonaws.com are not ours to give (take a prefix of your own)
    here.yaml:2:1 error eks/label: node group w: labels of kubernetes.io are not ours to give (take a prefix of your own)
    { w: { type: t3.medium, labels: { "a b": c, pool: "x y", example.com/kind: "" } } }: here.yaml:2:1 error eks/label: node group w: a b=c is no label (letters, digits and . _ - between them, 63 at most)
    here.yaml:2:1 error eks/label: node group w: pool=x y is no label (letters, digits and . _ - between them, 63 at most)"
  `)
  const many = Array.from({ length: 31 }, (_each, index) => `w${index}: { type: t3.medium }`)
  expect(await findings({ block: `${closed}nodes: { ${many.join(', ')} }` })).toMatchInlineSnapshot(
    `"here.yaml:2:1 error eks/nodes: 31 node groups; EKS takes 30"`,
  )
})

test('names beyond what AWS takes', async () => {
  const cluster = 'c'.repeat(63)
  const nodes = `{ ${'n'.repeat(63)}: { type: t3.medium } }`
  expect(await findings({ block: `${closed}cluster: ${cluster}\nnodes: ${nodes}` })).toMatchInlineSnapshot(
    `"here.yaml:2:1 error eks/name: the CloudFormation stack ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc-nodes-nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn would have a name of 133 characters; AWS takes 128 (shorten the name of the cluster or of the node group)"`,
  )
})

test('a template that CloudFormation would not take', async () => {
  const images = Array.from({ length: 120 }, (_each, index) => `  image-${index}: { context: . }`).join('\n')
  const stack = `name: shop\nimages:\n${images}\nservices: { a: { image: image-1 } }\n`
  const choice = { stack, profile: 'registry: { ecr: true }\n', block: closed }
  expect(await findings(choice)).toMatch(
    /^here\.yaml:3:1 error eks\/template-size: the CloudFormation stack shop-registry would have 120 resources in \d+ bytes; AWS takes 500 in 51200/,
  )
  const settings = await settingsOf({ block: closed })
  expect(cloudStacks(settings).flatMap((each) => sizeFindings(settings, each))).toEqual([])
})

test('a finding stands where the reader of the profile knows it to be', async () => {
  const stack = await eksStack({ block: `${closed}version: "1.22"` })
  const block = stack.settings.get('eks')
  const at = (path: readonly string[]) => ({
    file: path.join('.'),
    line: path.length,
    column: 1,
    length: 1,
  })
  const located = { ...block!, at }
  const settings = new Map(stack.settings).set('eks', located)
  const known: ResolvedStack = { ...stack, settings }
  expect(eksFindings(eksSettings(known), today).map(lineOf)).toMatchInlineSnapshot(`
    [
      "version:1:1 error eks/version: EKS has no Kubernetes 1.22 (EKS has 1.32 to 1.36, as far as this version of iamstack knows)",
    ]
  `)
})

test('check and render come with the cluster, and need no account (S1)', async () => {
  const stack = await eksStack({ block: 'region: eu', profile: 'registry: { ecr: true }\n' })
  const cluster = openEksCluster({
    stack,
    env: {},
    stateFolder: '/nowhere',
    engine: () => Promise.reject(new Error('no engine')),
  })
  expect(cluster.check(stack).map(({ code }) => code)).toEqual(['eks/region', 'eks/open-endpoint'])
  expect(cluster.render?.(stack).map(({ path }) => path)).toMatchInlineSnapshot(`
    [
      "cloudformation/01-shop-registry.yaml",
      "cloudformation/02-shop-network.yaml",
      "cloudformation/03-shop-cluster.yaml",
      "cloudformation/04-shop-nodes-workers.yaml",
      "cloudformation/05-shop-addons.yaml",
    ]
  `)
})
