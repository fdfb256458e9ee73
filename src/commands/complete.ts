import { exitCodes, type Surroundings } from './command.ts'
import type { Flag } from './flags.ts'
import { namesIn, profilesIn, type StackPlace } from './names.ts'
import { commands, type CommandEntry } from './table.ts'

/**
 * Candidates for the last of the given words, one a line; the rest of the line so far comes before it. Never fails: no
 * candidates is an answer, and an error in the middle of typing would only disturb.
 */
export async function complete(words: readonly string[], around: Surroundings): Promise<number> {
  const given = joinAssignments(words[0] === '--' ? words.slice(1) : words)
  const fitting = await fittingFor(given, around.cwd).catch(() => [])
  if (fitting.length > 0) around.stdout.write(`${fitting.join('\n')}\n`)
  return exitCodes.ok
}

/** Bash takes `--profile=dev` apart at the sign; an assignment is completed like a flag and its value. */
function joinAssignments(words: readonly string[]): string[] {
  const parts = words.filter((word, index) => word !== '=' || index === words.length - 1)
  return parts.at(-1) === '=' ? [...parts.slice(0, -1), ''] : parts
}

async function fittingFor(words: readonly string[], cwd: string): Promise<string[]> {
  const last = words.at(-1) ?? ''
  const [, flag, value] = /^(--[\w-]+=)(.*)$/.exec(last) ?? []
  // zsh and fish keep an assignment whole, and want it whole back.
  if (flag !== undefined && value !== undefined) {
    const apart = [...words.slice(0, -1), flag.slice(0, -1), value]
    return (await fittingFor(apart, cwd)).map((each) => `${flag}${each}`)
  }
  return (await candidatesFor(words, cwd)).filter((each) => each.startsWith(last))
}

async function candidatesFor(words: readonly string[], cwd: string): Promise<readonly string[]> {
  if (words.length <= 1) return [...commands.map(({ name }) => name), 'help', '--help', '--version']
  if (words[0] === 'help') return words.length === 2 ? commands.map(({ name }) => name) : []
  const entry = commands.find(({ name }) => name === words[0])
  if (!entry) return []
  const last = words.at(-1) ?? ''
  const earlier = words.slice(1, -1)
  const place = { cwd, file: fileOf(entry, earlier) }
  const before = flagOf(entry, earlier.at(-1))
  if (before?.type === 'string') return valuesOf(before, last, place)
  // What follows the service is somebody else's command line.
  if (entry.passesThrough && operandsOf(entry, earlier).length > 0) return []
  if (last.startsWith('-')) return entry.flags.map(({ name }) => `--${name}`)
  return operandNames(entry, place)
}

function operandNames(
  entry: CommandEntry,
  place: StackPlace,
): Promise<readonly string[]> | readonly string[] {
  switch (entry.name) {
    case 'completion':
      return ['bash', 'zsh', 'fish']
    case 'schema':
      return ['stack', 'profile', 'events', 'results']
    case 'build':
    case 'push':
      return namesIn('images', place)
    case 'smoke':
      return namesIn('smoke', place)
    default:
      return entry.completes === 'service' ? namesIn('services', place) : []
  }
}

function flagOf(entry: CommandEntry, word: string | undefined): Flag | undefined {
  return entry.flags.find(
    ({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  )
}

function operandsOf(entry: CommandEntry, words: readonly string[]): string[] {
  return words.filter(
    (word, index) => !word.startsWith('-') && flagOf(entry, words[index - 1])?.type !== 'string',
  )
}

/** The stack file that the line names so far. */
function fileOf(entry: CommandEntry, words: readonly string[]): string | undefined {
  const joined = words.find((word) => word.startsWith('--file='))?.slice('--file='.length)
  return joined ?? words.find((_word, index) => flagOf(entry, words[index - 1])?.name === 'file')
}

async function valuesOf(flag: Flag, last: string, place: StackPlace): Promise<readonly string[]> {
  if (flag.choices) return flag.choices
  if (flag.completes !== 'profile') return []
  // Profiles are layered with commas: the last one is completed, those before it stay.
  const layered = last.slice(0, last.lastIndexOf(',') + 1)
  return (await profilesIn(place)).map((name) => `${layered}${name}`)
}
