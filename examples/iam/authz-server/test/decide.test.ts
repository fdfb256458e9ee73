import { expect, test } from 'vitest'
import type { Policy } from '../../common/src/policy.ts'
import { decide, preparePolicy, type AuthzRequest } from '../src/decide.ts'

const allow: Policy = {
  name: 'readers',
  effect: 'allow',
  subjects: ['users:*', 'groups:staff'],
  actions: ['read', 'list'],
  resources: ['articles:*'],
  conditions: {},
}
const deny: Policy = {
  ...allow,
  name: 'no-secrets',
  effect: 'deny',
  actions: ['*'],
  resources: ['articles:secret-?'],
}
const office: Policy = { ...allow, name: 'office', actions: ['write'], conditions: { ip: '10.1.0.0/16' } }
const home: Policy = { ...allow, name: 'home', actions: ['write'], conditions: { ip: 'fd00::/8' } }

function verdict(policies: readonly Policy[], change: Partial<AuthzRequest> = {}): string {
  const request = { subject: 'users:peter', action: 'read', resource: 'articles:1', context: {}, ...change }
  const { allowed, reason } = decide(policies.map(preparePolicy), request)
  return `${allowed ? 'yes' : 'no'}: ${reason}`
}

test.each<[string, readonly Policy[], Partial<AuthzRequest>, string]>([
  ['no policy at all', [], {}, 'no: no policy matches'],
  ['a policy allows', [allow], {}, 'yes: allowed by policy readers'],
  ['one of several subjects', [allow], { subject: 'groups:staff' }, 'yes: allowed by policy readers'],
  ['another subject', [allow], { subject: 'robots:r2' }, 'no: no policy matches'],
  ['another action', [allow], { action: 'write' }, 'no: no policy matches'],
  ['another resource', [allow], { resource: 'books:1' }, 'no: no policy matches'],
  ['deny wins', [allow, deny], { resource: 'articles:secret-1' }, 'no: denied by policy no-secrets'],
  [
    'deny wins in any order',
    [deny, allow],
    { resource: 'articles:secret-1' },
    'no: denied by policy no-secrets',
  ],
  ['a deny that does not match', [deny, allow], {}, 'yes: allowed by policy readers'],
  [
    'an address in the range',
    [office],
    { action: 'write', context: { ip: '10.1.2.3' } },
    'yes: allowed by policy office',
  ],
  ['an address outside', [office], { action: 'write', context: { ip: '10.2.0.1' } }, 'no: no policy matches'],
  ['no address', [office], { action: 'write' }, 'no: no policy matches'],
  ['IPv6', [office, home], { action: 'write', context: { ip: 'fd12::1' } }, 'yes: allowed by policy home'],
  [
    'IPv4 within IPv6',
    [office],
    { action: 'write', context: { ip: '::ffff:10.1.2.3' } },
    'yes: allowed by policy office',
  ],
])('%s', (_, policies, change, expected) => expect(verdict(policies, change)).toBe(expected))
