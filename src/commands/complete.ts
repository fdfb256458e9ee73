import { exitCodes, type Surroundings } from './command.ts'
import type { Flag } from './flags.ts'
import { namesIn, profilesIn } from './names.ts'
import { commands } from './table.ts'

/**
 * Candidates for the last of the given words, one a line; the rest of the line so far comes before it. Never fails: no
 * candidates is an answer, and an error in the middle of typing would only disturb.
 */
export async function complete(words: readonly string[], around: Surroundings): Promise<number> {
  const given = words[0] === '--' ? words.slice(1) : words
  const candidates = await candidatesFor(given, around)
  const last = given.at(-1) ?? ''
  const fitting = candidates.filter((each) => each.startsWith(last))
  if (fitting.length > 0) around.stdout.write(`${fitting.join('\n')}\n`)
  return exitCodes.ok
}

async function candidatesFor(words: readonly string[], around: Surroundings): Promise<readonly string[]> {
  if (words.length <= 1) return commands.map(({ name }) => name)
  const entry = commands.find(({ name }) => name === words[0])
  if (!entry) return []
  const last = words.at(-1) ?? ''
  const before = entry.flags.find((flag) => isFlag(flag, words.at(-2) ?? ''))
  if (before?.type === 'string') return valuesOf(before, around)
  if (last.startsWith('-')) return entry.flags.map(({ name }) => `--${name}`)
  if (entry.name === 'completion') return ['bash', 'zsh', 'fish']
  if (entry.name === 'schema') return ['stack', 'profile', 'events', 'results']
  return entry.completes === 'service' ? namesIn('services', around) : []
}

function isFlag(flag: Flag, word: string): boolean {
  return word === `--${flag.name}` || (flag.short !== undefined && word === `-${flag.short}`)
}

function valuesOf(flag: Flag, around: Surroundings): Promise<readonly string[]> {
  if (flag.choices) return Promise.resolve(flag.choices)
  if (flag.completes === 'profile') return profilesIn(around)
  return Promise.resolve([])
}
