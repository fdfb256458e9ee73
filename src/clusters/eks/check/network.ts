import { errorAt, warningAt, type Diagnostic } from '../../../stack/diagnostics.ts'
import { overlaps } from '../../subnets.ts'
import { cidrText, keptBySubnet, parseCidr, quarters, sizeOf } from '../addresses.ts'
import type { EksNetwork, EksSettings } from '../settings.ts'

/** Widest and narrowest VPC: AWS takes 16 to 28, and a quarter of ours must still be a subnet. */
const widest = 16
const narrowest = 26

/** Ranges that no VPC can have, and why. Source: docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html. */
const impossible = [
  { cidr: '0.0.0.0/8', why: 'which means no network at all' },
  { cidr: '127.0.0.0/8', why: 'which is each machine for itself' },
  { cidr: '169.254.0.0/16', why: 'where AWS answers instances itself' },
  { cidr: '224.0.0.0/3', why: 'which no machine can have' },
] as const

/** Addresses that Docker, Cloud9 and SageMaker take for themselves inside a VPC (same source). */
const troublesome = '172.17.0.0/16'

/** Where a made network is impossible or too narrow, or a given one is not enough for EKS. */
export function networkFindings(settings: EksSettings): Diagnostic[] {
  const { network } = settings
  switch (network.kind) {
    case 'made':
      return madeFindings(settings, network.cidr)
    case 'given':
      return givenFindings(settings, network)
    default:
      return network satisfies never
  }
}

function madeFindings(settings: EksSettings, written: string): Diagnostic[] {
  const span = settings.at('network', 'create')
  const refused = (message: string, hint: string): Diagnostic[] => [
    errorAt('eks/network', message, span, hint),
  ]
  const range = parseCidr(written)
  if (!range) return refused(`${written} is no range of IPv4 addresses`, 'like 10.0.0.0/16')
  if (range.address !== range.first) {
    return refused(`${written} does not begin where its range begins`, `write ${cidrText(range)}`)
  }
  if (range.prefix < widest || range.prefix > narrowest) {
    const suggestion = cidrText({ ...range, prefix: Math.min(Math.max(range.prefix, widest), narrowest) })
    return refused(
      range.prefix < widest
        ? `${written} is wider than a VPC can be`
        : `${written} is too narrow for four subnets in two zones`,
      `from /${widest} to /${narrowest}: ${suggestion}`,
    )
  }
  const clash = impossible.find(({ cidr }) => overlaps(cidr, written))
  if (clash) return refused(`${written} lies in ${clash.cidr}, ${clash.why}`, 'like 10.0.0.0/16')
  return [...troubleFindings(settings, written), ...roomFindings(settings, written)]
}

function troubleFindings({ at }: EksSettings, written: string): Diagnostic[] {
  if (!overlaps(troublesome, written)) return []
  return [
    warningAt(
      'eks/network-taken',
      `${written} overlaps ${troublesome}, which Docker and services of AWS use inside a VPC`,
      at('network', 'create'),
      'choose other addresses: 10.0.0.0/16',
    ),
  ]
}

/** Addresses that the network plug-in holds for a node of a middle size: three interfaces with six each (t3.medium). */
const addressesPerNode = 18

/** Each pod has an address of the VPC, and each node takes a stock of them. */
function roomFindings({ nodes, at }: EksSettings, written: string): Diagnostic[] {
  const range = parseCidr(written)
  if (!range) return []
  const [subnet] = quarters(range)
  const there = 2 * (sizeOf(subnet) - keptBySubnet)
  const most = nodes.reduce((sum, { max }) => sum + max, 0)
  if (most * addressesPerNode <= there) return []
  return [
    warningAt(
      'eks/network-room',
      `${written} leaves ${there} addresses for ${most} nodes and their pods; a node takes about ${addressesPerNode}`,
      at('network', 'create'),
      'take a wider range: later only a network beside it can be added',
    ),
  ]
}

function givenFindings({ at }: EksSettings, network: Extract<EksNetwork, { kind: 'given' }>): Diagnostic[] {
  const { vpc, subnets } = network
  const findings: Diagnostic[] = []
  if (!/^vpc-[0-9a-f]{8,17}$/.test(vpc)) {
    findings.push(
      errorAt('eks/network', `${vpc} is no VPC`, at('network', 'vpc'), 'like vpc-0123456789abcdef0'),
    )
  }
  subnets.forEach((subnet, index) => {
    const span = at('network', 'subnets', String(index))
    if (!/^subnet-[0-9a-f]{8,17}$/.test(subnet)) {
      findings.push(errorAt('eks/subnet', `${subnet} is no subnet`, span, 'like subnet-0123456789abcdef0'))
    }
    if (subnets.indexOf(subnet) < index) {
      findings.push(errorAt('eks/subnet', `${subnet} is named twice`, span))
    }
  })
  if (new Set(subnets).size < 2) {
    findings.push(
      errorAt(
        'eks/zones',
        'EKS needs subnets in two zones at least',
        at('network', 'subnets'),
        'name two subnets of different zones',
      ),
    )
  }
  return findings
}
