/** A range of IPv4 addresses. Numbers are unsigned 32 bits. */
export interface Cidr {
  /** As written, which may be any address of the range. */
  readonly address: number
  /** The lowest one. */
  readonly first: number
  readonly prefix: number
}

/** Undefined for anything but an IPv4 range. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (!match) return undefined
  const [bytes, prefix] = [match.slice(1, 5).map(Number), Number(match[5])]
  if (bytes.some((byte) => byte > 255) || prefix > 32) return undefined
  const address = bytes.reduce((value, byte) => value * 256 + byte, 0)
  const size = sizeOf({ prefix })
  return { address, first: Math.floor(address / size) * size, prefix }
}

export function cidrText({ first, prefix }: Pick<Cidr, 'first' | 'prefix'>): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256)
  return `${bytes.join('.')}/${prefix}`
}

/** How many addresses a range has. */
export function sizeOf({ prefix }: Pick<Cidr, 'prefix'>): number {
  return 2 ** (32 - prefix)
}

/** The range cut in four, from the lowest. */
export function quarters({ first, prefix }: Cidr): readonly [Cidr, Cidr, Cidr, Cidr] {
  const part = (index: number): Cidr => {
    const start = first + index * sizeOf({ prefix: prefix + 2 })
    return { address: start, first: start, prefix: prefix + 2 }
  }
  return [part(0), part(1), part(2), part(3)]
}

/** Addresses of a subnet that AWS keeps for itself: docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html. */
export const keptBySubnet = 5
