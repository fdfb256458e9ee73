import { setTimeout as sleep } from 'node:timers/promises'
import { hoursOfMonth } from '../../cost/cost.ts'
import type { Prices } from '../../cost/prices.ts'
import type { AwsConnection } from '../../platform/aws/connection.ts'
import type { Tag } from '../../platform/aws/tagged.ts'
import type { CloudVolume } from '../../platform/aws/volumes.ts'
import type { Leftover } from '../../drivers/driver.ts'
import type { EksSettings } from './settings.ts'

export interface Audit {
  readonly settings: EksSettings
  readonly prices: Prices
  readonly connection: AwsConnection
  readonly signal: AbortSignal
}

/** Milliseconds between two looks, and looks at most: the index of tags forgets what is gone within minutes. */
const pause = 5000
const mostLooks = 12

/**
 * What is still there in the region with tags of the cluster: ours, and those that Kubernetes gives to load balancers and disks.
 * What a stack made is not looked for: CloudFormation answers for it. Disks are known for certain; whatever only the index of tags
 * shows is looked for again.
 */
export async function leftInCloud(audit: Audit): Promise<Leftover[]> {
  for (let look = 1; ; look += 1) {
    const { disks, others } = await lookAround(audit)
    if (others.length === 0 || look >= mostLooks)
      return [...disks.map((disk) => diskLeft(disk, audit)), ...others.map((arn) => otherLeft(arn, audit))]
    await sleep(pause, undefined, { signal: audit.signal })
  }
}

/** Source of the second one: the cloud provider of Kubernetes for AWS, and its driver of EBS volumes. */
function tagsOf({ cluster }: EksSettings): Tag[] {
  return [
    { key: 'iamstack:cluster', value: cluster },
    { key: `kubernetes.io/cluster/${cluster}`, value: 'owned' },
  ]
}

async function lookAround({ settings, connection, signal }: Audit): Promise<{
  readonly disks: readonly CloudVolume[]
  readonly others: readonly string[]
}> {
  const [{ taggedResources }, { taggedVolumes }] = await Promise.all([
    import('../../platform/aws/tagged.ts'),
    import('../../platform/aws/volumes.ts'),
  ])
  const tags = tagsOf(settings)
  const [disks, resources] = await Promise.all([
    Promise.all(tags.map((tag) => taggedVolumes(connection, tag, signal))),
    Promise.all(tags.map((tag) => taggedResources(connection, tag, signal))),
  ])
  const arns = resources
    .flat()
    .flatMap(({ arn, isOfStack }) => (isOfStack || isToldElsewhere(arn) ? [] : [arn]))
  return {
    disks: [...new Map(disks.flat().map((disk) => [disk.id, disk])).values()],
    others: [...new Set(arns)].sort(),
  }
}

/** Disks are asked for by themselves, stacks are observed, and machines end with their node group, long before the index knows. */
function isToldElsewhere(arn: string): boolean {
  return /^arn:[\w-]+:(ec2:.*:(volume|instance)\/|cloudformation:)/.test(arn)
}

function diskLeft({ id, gib }: CloudVolume, { settings, prices }: Audit): Leftover {
  const monthly = prices['volume-gib-month']
  return {
    what: `disk ${id} (${gib} GiB)`,
    isBillable: true,
    hourly: monthly === undefined ? undefined : (gib * monthly) / hoursOfMonth,
    cure: `aws ec2 delete-volume --volume-id ${id} --region ${settings.region}`,
  }
}

/** What each kind is called, and what it costs where it costs. */
const kinds: readonly {
  readonly pattern: RegExp
  readonly name: string
  readonly price?: keyof Prices
  readonly cure?: (id: string) => string
}[] = [
  {
    pattern: /:loadbalancer\/(.+)$/,
    name: 'load balancer',
    price: 'load-balancer-hour',
  },
  {
    pattern: /:natgateway\/(.+)$/,
    name: 'NAT gateway',
    price: 'nat-hour',
    cure: (id) => `ec2 delete-nat-gateway --nat-gateway-id ${id}`,
  },
  {
    pattern: /:elastic-ip\/(.+)$/,
    name: 'address',
    price: 'idle-address-hour',
    cure: (id) => `ec2 release-address --allocation-id ${id}`,
  },
  {
    pattern: /:cluster\/(.+)$/,
    name: 'control plane',
    price: 'cluster-hour',
    cure: (id) => `eks delete-cluster --name ${id}`,
  },
  { pattern: /:nodegroup\/(.+)$/, name: 'node group', price: 'node-hour' },
  {
    pattern: /:log-group:(.+)$/,
    name: 'log group',
    cure: (id) => `logs delete-log-group --log-group-name ${id}`,
  },
  {
    pattern: /:repository\/(.+)$/,
    name: 'image repository',
    cure: (id) => `ecr delete-repository --force --repository-name ${id}`,
  },
  { pattern: /:snapshot\/(.+)$/, name: 'snapshot', cure: (id) => `ec2 delete-snapshot --snapshot-id ${id}` },
]

/** Kinds that cost nothing while nothing uses them. */
const free =
  /:(network-interface|security-group|security-group-rule|launch-template|vpc|subnet|route-table|internet-gateway|targetgroup|addon|access-entry|podidentityassociation|role|oidc-provider)\//

function otherLeft(arn: string, { settings, prices }: Audit): Leftover {
  for (const { pattern, name, price, cure } of kinds) {
    const id = pattern.exec(arn)?.[1]
    if (id === undefined) continue
    return {
      what: `${name} ${id}`,
      isBillable: true,
      hourly: price && prices[price],
      cure: cure ? `aws ${cure(id)} --region ${settings.region}` : `delete ${arn}`,
    }
  }
  return { what: arn, isBillable: !free.test(arn), hourly: undefined, cure: `delete ${arn}` }
}
