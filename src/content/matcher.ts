/** Finds many byte strings in one pass. */
export interface Matcher {
  /**
   * Where any pattern occurs in `bytes`: merged, in order, `end` exclusive. `pending` is where a pattern may begin that `bytes`
   * holds only the beginning of; `bytes.length` when there is none.
   */
  find(bytes: Uint8Array): { readonly matches: readonly Match[]; readonly pending: number }
}

export interface Match {
  readonly start: number
  end: number
}

/** Every pattern is at least this long, so its first bytes can be looked up as one number. */
export const shortestPattern = 4
const tableBits = 16

/**
 * Patterns are found by their first four bytes: a small table tells for nearly every place that nothing begins there, a map has
 * the candidates for the rest. Its size is that of the patterns, whatever their length (an automaton of all of them would take
 * megabytes for one private key).
 */
export function matcherOf(patterns: readonly Uint8Array[]): Matcher {
  const table = new Uint8Array(1 << tableBits)
  const byHead = new Map<number, Uint8Array[]>()
  /** The first one, two and three bytes of patterns, for what stands at the very end. */
  const beginnings = new Set<string>()
  for (const pattern of patterns) {
    const head = headAt(pattern, 0)
    table[slotOf(head)] = 1
    const others = byHead.get(head)
    if (others) others.push(pattern)
    else byHead.set(head, [pattern])
    for (let length = 1; length < shortestPattern; length++)
      beginnings.add(pattern.subarray(0, length).join())
  }

  function find(bytes: Uint8Array): { matches: Match[]; pending: number } {
    const matches: Match[] = []
    let pending = bytes.length
    const lastHead = bytes.length - shortestPattern
    let head = 0
    for (let at = 0; at <= lastHead; at++) {
      head = at === 0 ? headAt(bytes, 0) : ((head << 8) | (bytes[at + shortestPattern - 1] ?? 0)) >>> 0
      if (table[slotOf(head)] === 0) continue
      for (const pattern of byHead.get(head) ?? []) {
        const length = commonLength(bytes, at, pattern)
        if (length === pattern.length) add(matches, at, at + length)
        else if (at + length === bytes.length) pending = Math.min(pending, at)
      }
    }
    for (let at = Math.max(0, lastHead + 1); at < bytes.length; at++)
      if (beginnings.has(bytes.subarray(at).join())) pending = Math.min(pending, at)
    return { matches, pending }
  }

  return { find }
}

function headAt(bytes: Uint8Array, at: number): number {
  const [one = 0, two = 0, three = 0, four = 0] = bytes.subarray(at, at + shortestPattern)
  return ((one << 24) | (two << 16) | (three << 8) | four) >>> 0
}

/** Multiplicative hashing: the upper bits depend on all bytes. */
function slotOf(head: number): number {
  return Math.imul(head, 0x9e3779b1) >>> (32 - tableBits)
}

function commonLength(bytes: Uint8Array, at: number, pattern: Uint8Array): number {
  const most = Math.min(pattern.length, bytes.length - at)
  let length = 0
  while (length < most && bytes[at + length] === pattern[length]) length++
  return length
}

/** Matches come in order of their starts; those that overlap or touch become one. */
function add(matches: Match[], start: number, end: number): void {
  const last = matches.at(-1)
  if (last && start <= last.end) last.end = Math.max(last.end, end)
  else matches.push({ start, end })
}
