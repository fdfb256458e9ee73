import { BlockList, isIP } from 'node:net'
import { fieldsOf } from './fields.ts'

/** What may be done by whom, to what, from where. Globs know `*`, any number of characters, and `?`, one. */
export interface Policy {
  readonly name: string
  readonly effect: 'allow' | 'deny'
  readonly subjects: readonly string[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** `ip`: the address in the context of the request must lie in this range (`10.0.0.0/8`, `fd00::/8`). */
  readonly conditions: { readonly ip?: string }
}

/** Name of a policy or secret; also safe in a path. */
export const nameForm = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/
export const nameExpected = '1 to 64 lower-case letters, digits, dots, dashes and underscores'

/** Reads a policy that somebody sent: the policy, or everything that is wrong with it. */
export function parsePolicy(data: unknown): {
  readonly policy: Policy
  readonly problems: readonly string[]
} {
  const fields = fieldsOf(data)
  fields.only('', ['name', 'effect', 'subjects', 'actions', 'resources', 'conditions'])
  if (fields.has('conditions')) fields.only('conditions', ['ip'])
  const policy: Policy = {
    name: fields.text('name', { form: nameForm, expected: nameExpected }),
    effect: fields.oneOf('effect', ['allow', 'deny']),
    subjects: fields.texts('subjects'),
    actions: fields.texts('actions'),
    resources: fields.texts('resources'),
    conditions: fields.has('conditions.ip') ? { ip: fields.text('conditions.ip') } : {},
  }
  const { ip } = policy.conditions
  if (ip !== undefined && !parseRange(ip))
    fields.reject('conditions.ip must be an address range such as 10.0.0.0/8')
  return { policy, problems: fields.problems }
}

/** A range of addresses in CIDR notation; undefined where the text is none. */
export function parseRange(text: string): BlockList | undefined {
  const [, address = '', digits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? []
  const family = isIP(address)
  if (family === 0 || Number(digits) > (family === 4 ? 32 : 128)) return undefined
  const range = new BlockList()
  range.addSubnet(address, Number(digits), family === 4 ? 'ipv4' : 'ipv6')
  return range
}
