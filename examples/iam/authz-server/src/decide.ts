import { parseRange, type Policy } from '../../common/src/policy.ts'
import { matchesGlob } from './glob.ts'

/** May `subject` do `action` to `resource`? */
export interface AuthzRequest {
  readonly subject: string
  readonly action: string
  readonly resource: string
  /** Facts about the request; conditions are about them. */
  readonly context: { readonly ip?: string }
}

export interface Decision {
  readonly allowed: boolean
  readonly reason: string
}

/** A policy made ready for many requests: its range is parsed once. */
export interface PreparedPolicy {
  readonly policy: Policy
  readonly isInRange: (ip: string | undefined) => boolean
}

export function preparePolicy(policy: Policy): PreparedPolicy {
  const { ip } = policy.conditions
  if (ip === undefined) return { policy, isInRange: () => true }
  const range = parseRange(ip)
  return {
    policy,
    isInRange: (address) =>
      address !== undefined && range?.check(address, address.includes(':') ? 'ipv6' : 'ipv4') === true,
  }
}

/** Deny wins over allow, and what no policy allows is denied. */
export function decide(policies: readonly PreparedPolicy[], request: AuthzRequest): Decision {
  const fitting = policies.filter((each) => fits(each, request)).map(({ policy }) => policy)
  const denying = fitting.find(({ effect }) => effect === 'deny')
  if (denying) return { allowed: false, reason: `denied by policy ${denying.name}` }
  const allowing = fitting.find(({ effect }) => effect === 'allow')
  if (allowing) return { allowed: true, reason: `allowed by policy ${allowing.name}` }
  return { allowed: false, reason: 'no policy matches' }
}

function fits(
  { policy, isInRange }: PreparedPolicy,
  { subject, action, resource, context }: AuthzRequest,
): boolean {
  return (
    anyMatches(policy.subjects, subject) &&
    anyMatches(policy.actions, action) &&
    anyMatches(policy.resources, resource) &&
    isInRange(context.ip)
  )
}

function anyMatches(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => matchesGlob(glob, text))
}
