import { overlaps } from '../subnets.ts'
import type { EksNetwork } from './settings.ts'

/** The two that EKS chooses from where it is told nothing: docs.aws.amazon.com/eks/latest/userguide/network-reqs.html. */
const usualRanges = ['172.20.0.0/16', '10.100.0.0/16'] as const

/** Addresses of Services: none of the VPC's. Undefined where the VPC is not ours: EKS knows its addresses, and chooses. */
export function serviceRangeOf(network: EksNetwork): string | undefined {
  if (network.kind === 'given') return undefined
  return usualRanges.find((range) => !overlaps(range, network.cidr))
}
