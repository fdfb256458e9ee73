import { errorAt, warningAt, type Diagnostic } from '../../../stack/diagnostics.ts'
import { overlaps } from '../../subnets.ts'
import { cidrText, parseCidr } from '../addresses.ts'
import type { EksSettings } from '../settings.ts'

/** Source: docs.aws.amazon.com/eks/latest/userguide/service-quotas.html, public endpoint access CIDR ranges per cluster. */
const mostRanges = 40

/** Ranges that nobody comes from over the internet (RFC 1918, 6598, 3927, 1122): EKS refuses them. */
const privateRanges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
] as const

/** Who could reach the API server, and who could not although he must. */
export function endpointFindings(settings: EksSettings): Diagnostic[] {
  const { endpoint, at } = settings
  const { publicCidrs, isPrivate } = endpoint
  const span = at('endpoint', 'publicCidrs')
  const isOpen = publicCidrs.some((cidr) => parseCidr(cidr)?.prefix === 0)
  const findings = publicCidrs.flatMap((cidr, index) =>
    rangeFindings(cidr, at('endpoint', 'publicCidrs', String(index))),
  )
  if (publicCidrs.length > mostRanges) {
    findings.push(
      errorAt(
        'eks/endpoint',
        `${publicCidrs.length} ranges; EKS takes ${mostRanges}`,
        span,
        'join neighbours',
      ),
    )
  }
  if (isOpen) {
    findings.push(
      warningAt(
        'eks/open-endpoint',
        'the whole internet may knock at the API server',
        span,
        'name the addresses that you come from: endpoint: { public-cidrs: [198.51.100.0/24] }',
      ),
    )
  }
  if (!isPrivate && !isOpen) {
    const message =
      publicCidrs.length === 0
        ? 'nobody reaches the API server: neither from outside nor inside the VPC'
        : 'nodes would have to reach the API server from outside, and their addresses are not among those allowed'
    findings.push(
      errorAt(
        'eks/endpoint',
        message,
        at('endpoint', 'private'),
        'leave private at true: nodes then stay inside',
      ),
    )
  }
  return findings
}

function rangeFindings(cidr: string, span: ReturnType<EksSettings['at']>): Diagnostic[] {
  const refused = (message: string, hint: string): Diagnostic[] => [
    errorAt('eks/endpoint', message, span, hint),
  ]
  const range = parseCidr(cidr)
  if (!range) return refused(`${cidr} is no range of IPv4 addresses`, 'like 198.51.100.0/24')
  if (range.address !== range.first)
    return refused(`${cidr} does not begin where its range begins`, `write ${cidrText(range)}`)
  const inside = range.prefix === 0 ? undefined : privateRanges.find((each) => overlaps(each, cidr))
  return inside === undefined
    ? []
    : refused(
        `nobody comes from ${cidr} over the internet: it lies in ${inside}`,
        'name the address that the internet sees of you: curl https://checkip.amazonaws.com',
      )
}
