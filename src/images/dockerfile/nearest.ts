import { closest, distance } from 'fastest-levenshtein'

/** The candidate that a mistyped word most likely means, or undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // Comparing is quadratic in the lengths, and nobody mistypes a name this long.
  if (candidates.length === 0 || word.length > 100) return undefined
  const swapped = candidates.find((candidate) => letters(candidate) === letters(word))
  if (swapped !== undefined) return swapped
  const best = closest(word, candidates)
  const limit = Math.max(1, Math.floor(Math.max(word.length, best.length) / 3))
  return distance(word, best) <= limit ? best : undefined
}

/** Swapped letters are the commonest slip, and two edits apart. */
function letters(word: string): string {
  return Array.from(word).sort().join('')
}
