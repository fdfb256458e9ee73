import { closest, distance } from 'fastest-levenshtein'
import type { Vocabulary } from './types.ts'

/** The word that was probably meant: same letters in another spelling, or few keystrokes away. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates]
  const plain = bare(word)
  const respelled = known.find((candidate) => bare(candidate) === plain)
  if (respelled !== undefined) return respelled
  if (known.length === 0 || word.length > 64) return undefined
  const swapped = known.find((candidate) => isSwapped(word, candidate))
  if (swapped !== undefined) return swapped
  const best = closest(word, known)
  const most = word.length <= 3 ? 1 : Math.floor(word.length / 3)
  return distance(word, best) <= most ? best : undefined
}

/** What to say about an unknown key: the cure for a word of another tool, else the nearest word of ours. */
export function cureFor(
  word: string,
  candidates: Iterable<string>,
  words: Vocabulary = {},
): string | undefined {
  const known = [...candidates]
  const foreign = Object.hasOwn(words, word) ? words[word] : undefined
  if (foreign !== undefined) return foreign
  const near = nearest(word, known)
  if (near !== undefined) return didYouMean(near)
  const misspelled = nearest(word, Object.keys(words))
  return misspelled === undefined ? undefined : words[misspelled]
}

export function didYouMean(word: string): string {
  return `did you mean \`${word}\`?`
}

/** Two neighbouring letters in the wrong order: one slip, but two keystrokes of distance. */
function isSwapped(word: string, candidate: string): boolean {
  if (word.length !== candidate.length) return false
  let at = 0
  while (at < word.length && word[at] === candidate[at]) at++
  return (
    word[at] === candidate[at + 1] &&
    word[at + 1] === candidate[at] &&
    word.slice(at + 2) === candidate.slice(at + 2)
  )
}

/** `startPeriod`, `start_period` and `start-period` are one word. */
function bare(word: string): string {
  return word.replace(/[-_.\s]/g, '').toLowerCase()
}
