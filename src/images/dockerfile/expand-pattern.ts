/**
 * The little pattern language of `${v#p}`, `${v%p}` and `${v/p/r}`: `*`, `?`, escapes; no brackets. Matching keeps a set of
 * states instead of backtracking, so no pattern can make it slow.
 */
type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'one' | 'many' }

/** The parts of a pattern, or undefined where an escape in it means nothing. */
export function parsePattern(pattern: string): readonly Part[] | undefined {
  const parts: Part[] = []
  const characters = Array.from(pattern)
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? ''
    if (character === '*') parts.push({ kind: 'many' })
    else if (character === '?') parts.push({ kind: 'one' })
    else if (character === '\\') {
      const escaped = characters[at + 1]
      // The escape of } and / belongs to the ${} around, not to the pattern.
      if (escaped === '}' || escaped === '/') continue
      if (escaped !== '*' && escaped !== '?' && escaped !== '\\') return undefined
      parts.push({ kind: 'literal', text: escaped })
      at += 1
    } else parts.push({ kind: 'literal', text: character })
  }
  return parts
}

/** Takes the shortest or longest match from the front. */
export function trimStart(value: string, pattern: readonly Part[], isGreedy: boolean): string {
  const characters = Array.from(value)
  const end = matchEnd(characters, 0, pattern, isGreedy)
  return end === undefined ? value : characters.slice(end).join('')
}

/** Takes the shortest or longest match from the end. */
export function trimEnd(value: string, pattern: readonly Part[], isGreedy: boolean): string {
  const characters = Array.from(value).reverse()
  const end = matchEnd(characters, 0, pattern.toReversed(), isGreedy)
  return end === undefined ? value : characters.slice(end).reverse().join('')
}

/** Replaces the first match, or every one; a star takes as much as it can. */
export function replacePattern(
  value: string,
  pattern: readonly Part[],
  by: string,
  everywhere: boolean,
): string {
  const characters = Array.from(value)
  const out: string[] = []
  let at = 0
  let isDone = false
  let lastEnd = -1
  while (at <= characters.length) {
    const end = isDone ? undefined : matchEnd(characters, at, pattern, true)
    // An empty match right behind the previous one does not count.
    if (end !== undefined && !(end === at && at === lastEnd)) {
      out.push(by)
      isDone = !everywhere
      lastEnd = end
      if (end > at) {
        at = end
        continue
      }
    }
    if (at < characters.length) out.push(characters[at] ?? '')
    at += 1
  }
  return out.join('')
}

function matchEnd(
  characters: readonly string[],
  from: number,
  pattern: readonly Part[],
  isGreedy: boolean,
): number | undefined {
  let states = reach([0], pattern)
  let best = states.includes(pattern.length) ? from : undefined
  for (let at = from; at < characters.length && states.length > 0; at += 1) {
    if (best !== undefined && !isGreedy) return best
    const character = characters[at] ?? ''
    const stepped = states.flatMap((state) => {
      const part = pattern[state]
      if (part === undefined) return []
      if (part.kind === 'literal') return part.text === character ? [state + 1] : []
      if (character === '\n') return []
      return part.kind === 'one' ? [state + 1] : [state]
    })
    states = reach(stepped, pattern)
    if (states.includes(pattern.length)) best = at + 1
  }
  return best
}

/** A star may also match nothing. */
function reach(states: readonly number[], pattern: readonly Part[]): number[] {
  const all = new Set<number>()
  for (const state of states) {
    let at = state
    while (!all.has(at)) {
      all.add(at)
      if (pattern[at]?.kind !== 'many') break
      at += 1
    }
  }
  return [...all]
}
