/** Where subnets of ours lie: apart from the engine's default pools (172.17.0.0/12, 192.168.0.0/16) and common clouds. */
const pool = { base: address('10.213.0.0'), size: 2 ** 16 }

/** The smallest subnet, /28: eleven containers beside network, gateway, broadcast and a spare one. */
const smallest = 16

/** Network, gateway and broadcast. */
const reserved = 3

/**
 * A subnet that overlaps none of those taken, with room for `members` containers; undefined where the pool is full. Explicit
 * small subnets, because the engine's pools end at about thirty networks.
 */
export function freeSubnet(taken: readonly string[], members: number): string | undefined {
  let size = smallest
  while (size - reserved < members) size *= 2
  const ranges = taken.map(rangeOf).filter((range) => range !== undefined)
  for (let start = pool.base; start + size <= pool.base + pool.size; start += size) {
    const isFree = ranges.every((range) => start >= range.end || start + size <= range.start)
    if (isFree) return `${dotted(start)}/${String(32 - Math.log2(size))}`
  }
  return undefined
}

function rangeOf(cidr: string): { readonly start: number; readonly end: number } | undefined {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr)
  if (match?.[1] === undefined) return undefined
  const size = 2 ** (32 - Number(match[2]))
  const start = Math.floor(address(match[1]) / size) * size
  return { start, end: start + size }
}

function address(text: string): number {
  return text.split('.').reduce((value, byte) => value * 256 + Number(byte), 0)
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
