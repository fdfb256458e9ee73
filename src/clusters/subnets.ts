import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { Network } from '../platform/engine/networks.ts'

/** A range of addresses and who has it, in words (`the Docker network app`). */
export interface TakenSubnet {
  readonly cidr: string
  readonly by: string
}

interface Range {
  readonly bits: number
  readonly first: bigint
  readonly last: bigint
}

/** The addresses of a CIDR, IPv4 or IPv6; undefined for anything else. */
function rangeOf(cidr: string): Range | undefined {
  const [address = '', length = ''] = cidr.split('/')
  const bits = address.includes(':') ? 128 : 32
  const value = bits === 32 ? ipv4(address) : ipv6(address)
  const prefix = Number(length)
  if (value === undefined || length === '' || !(prefix >= 0 && prefix <= bits)) return undefined
  const size = 1n << BigInt(bits - prefix)
  const first = (value / size) * size
  return { bits, first, last: first + size - 1n }
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || !parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256))
    return undefined
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n)
}

function ipv6(text: string): bigint | undefined {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - before.length - after.length
  if (missing < 0 || (tail === undefined && missing !== 0)) return undefined
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((value, group) => value * 65_536n + BigInt(Number.parseInt(group, 16)), 0n)
}

export function overlaps(one: string, other: string): boolean {
  const [left, right] = [rangeOf(one), rangeOf(other)]
  if (!left || !right || left.bits !== right.bits) return false
  return left.first <= right.last && right.first <= left.last
}

/** Whose addresses a subnet would take over: the first of `taken` that it overlaps. */
export function clashOf(cidr: string, taken: readonly TakenSubnet[]): TakenSubnet | undefined {
  return taken.find((each) => overlaps(cidr, each.cidr))
}

export function subnetsOfNetworks(networks: readonly Network[]): TakenSubnet[] {
  return networks.flatMap(({ Name, IPAM }) =>
    (IPAM.Config ?? []).flatMap(({ Subnet }) =>
      Subnet === undefined ? [] : [{ cidr: Subnet, by: `the Docker network ${Name}` }],
    ),
  )
}

/** What this machine reaches directly, and on Linux by its routes too. Default routes are none of it. */
export async function subnetsOfMachine(): Promise<TakenSubnet[]> {
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ cidr, internal }) =>
      cidr === null || internal ? [] : [{ cidr, by: `this machine's interface ${name}` }],
    ),
  )
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '')
  return [...interfaces, ...routesOf(table)]
}

/** `/proc/net/route` (proc(5)): interface, destination and, in the eighth column, mask; both in hex, last byte first. */
export function routesOf(table: string): TakenSubnet[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name, destination, , , , , , mask] = line.split(/\s+/)
      if (name === undefined || destination === undefined || mask === undefined || mask === '00000000')
        return []
      const ones = BigInt(`0x${mask}`).toString(2).replaceAll('0', '').length
      const bytes = (destination.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16))
      return [{ cidr: `${bytes.join('.')}/${ones}`, by: `a route of this machine through ${name}` }]
    })
}
