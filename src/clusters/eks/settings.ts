import { referenceOf } from '../../images/naming.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { fullReference, ownRepository } from '../images/names.ts'
import { clusterNameOf, fieldsOf, listOf, numberOf, textOf, type Fields } from '../settings.ts'
import { defaultVersion } from './versions.ts'

/** The block `eks` of a profile with every default filled in. */
export interface EksSettings {
  /** The stack's own name: it is in the tags of all that is made. */
  readonly stack: string
  /** Default: the stack's name, made fit for AWS. */
  readonly cluster: string
  readonly region: string
  /** Undefined: whichever account the credentials belong to. */
  readonly account: string | undefined
  /** A profile of the AWS configuration. */
  readonly awsProfile: string | undefined
  /** `1.34`. */
  readonly version: string
  /** Default: a new VPC with 10.0.0.0/16. */
  readonly network: EksNetwork
  /** By name. */
  readonly nodes: readonly NodeGroup[]
  readonly endpoint: EksEndpoint
  /** Type of the volumes of the default StorageClass. Default `gp3`. */
  readonly storageType: string
  /** ARNs of roles and users that administer the cluster, besides whoever makes it. */
  readonly admins: readonly string[]
  /** Names in ECR, one for each image of the stack; empty unless the profile says `registry: { ecr: true }`. */
  readonly repositories: readonly string[]
  /** Where something of the block is written; the nearest that is known. Keys are those of the decoded profile. */
  readonly at: (...path: readonly string[]) => Span | undefined
}

export type EksNetwork =
  | { readonly kind: 'made'; readonly cidr: string; readonly hasNat: boolean }
  | { readonly kind: 'given'; readonly vpc: string; readonly subnets: readonly string[] }

export interface NodeGroup {
  readonly name: string
  /** Instance type: `t3.medium`. */
  readonly type: string
  readonly min: number
  /** At first; EKS would take the greatest number otherwise. */
  readonly desired: number
  readonly max: number
  /** Root volume in GiB. Default 20, as EKS has it. */
  readonly disk: number
  /** Undefined: that of the instance type. */
  readonly arch: 'amd64' | 'arm64' | undefined
  readonly isSpot: boolean
  readonly labels: Readonly<Record<string, string>>
}

export interface EksEndpoint {
  /** Who reaches the API server from outside. Default: everybody. Empty: nobody. */
  readonly publicCidrs: readonly string[]
  /** Nodes reach it inside the VPC. Default true. */
  readonly isPrivate: boolean
}

/** Addresses of a VPC where the profile names neither addresses nor a VPC. */
const defaultCidr = '10.0.0.0/16'
const everybody = '0.0.0.0/0'
/** GiB. Source: AWS::EKS::Nodegroup, DiskSize. */
const defaultDisk = 20

/** A setting as the profile has it; `at` where the reader knows more than the place of the whole block. */
interface Written {
  readonly value: unknown
  readonly from: Span
  readonly at?: (path: readonly string[]) => Span
}

export function eksSettings(stack: ResolvedStack): EksSettings {
  const written: Written | undefined = stack.settings.get('eks')
  const block = fieldsOf(written?.value)
  const endpoint = fieldsOf(block['endpoint'])
  const publicCidrs = endpoint['publicCidrs']
  return {
    stack: stack.name,
    cluster: textOf(block['cluster']) ?? clusterNameOf(stack.name),
    region: textOf(block['region']) ?? '',
    account: textOf(block['account']),
    awsProfile: textOf(block['profile']),
    version: textOf(block['version'])?.replace(/^v/, '') ?? defaultVersion,
    network: networkOf(fieldsOf(block['network'])),
    nodes: entriesOf(block['nodes'])
      .map(([name, group]) => nodeGroup(name, fieldsOf(group)))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
    endpoint: {
      publicCidrs: publicCidrs === undefined ? [everybody] : [...new Set(textsOf(publicCidrs))],
      isPrivate: endpoint['private'] !== false,
    },
    storageType: textOf(fieldsOf(block['storage'])['default']) ?? 'gp3',
    admins: textsOf(block['admins']),
    repositories: repositoriesOf(stack),
    at: (...path) => written?.at?.(path) ?? written?.from,
  }
}

function networkOf(fields: Fields): EksNetwork {
  const vpc = textOf(fields['vpc'])
  if (vpc !== undefined) return { kind: 'given', vpc, subnets: textsOf(fields['subnets']) }
  return { kind: 'made', cidr: textOf(fields['create']) ?? defaultCidr, hasNat: fields['nat'] === true }
}

/** Numbers that are left out follow from those that are there, so that `desired: 2` alone is a group of two. */
function nodeGroup(name: string, fields: Fields): NodeGroup {
  const [min, desired, max] = [numberOf(fields['min']), numberOf(fields['desired']), numberOf(fields['max'])]
  const atFirst = desired ?? min ?? Math.min(1, max ?? 1)
  const arch = fields['arch']
  return {
    name,
    type: textOf(fields['type']) ?? '',
    min: min ?? Math.min(1, atFirst),
    desired: atFirst,
    max: max ?? Math.max(1, atFirst),
    disk: numberOf(fields['disk']) ?? defaultDisk,
    arch: arch === 'amd64' || arch === 'arm64' ? arch : undefined,
    isSpot: fields['spot'] === true,
    labels: Object.fromEntries(
      entriesOf(fields['labels'])
        .flatMap(([key, value]) => {
          const text = textOf(value) ?? ''
          return [[key, text] as const]
        })
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  }
}

/** Images that a registry of somebody else's holds are none of ECR's. */
function repositoriesOf(stack: ResolvedStack): string[] {
  if (fieldsOf(stack.settings.get('registry')?.value)['ecr'] !== true) return []
  const names = [...stack.images.keys()].flatMap((name) => {
    const reference = fullReference(referenceOf(stack, name, '0'.repeat(12)))
    return reference.host === 'docker.io' ? [ownRepository(reference)] : []
  })
  return [...new Set(names)].sort()
}

function entriesOf(value: unknown): (readonly [string, unknown])[] {
  return value instanceof Map
    ? [...value].map(([key, each]: [unknown, unknown]) => [String(key), each] as const)
    : Object.entries(fieldsOf(value))
}

function textsOf(value: unknown): string[] {
  return listOf(value).flatMap((each) => textOf(each) ?? [])
}
