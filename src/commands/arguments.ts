import { parseArgs } from 'node:util'
import type { Flag } from './flags.ts'
import type { CommandEntry } from './table.ts'

/** What the command line says for one command, environment variables included. */
export interface Arguments {
  readonly command: string
  readonly operands: readonly string[]
  isOn(flag: string): boolean
  text(flag: string): string | undefined
  list(flag: string): readonly string[]
}

/** The command line is wrong. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** Explicit options win over `IAMSTACK_*` variables. */
export function readArguments(
  entry: CommandEntry,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Arguments {
  const [own, rest] = entry.passesThrough ? splitAtOperand(entry, argv) : [argv, []]
  const { values, positionals } = parse(entry, own)
  for (const flag of entry.flags) checkChoice(flag, values[flag.name])
  const valueOf = (name: string): unknown => {
    const flag = entry.flags.find((each) => each.name === name)
    return values[name] ?? (flag && fromEnvironment(flag, env[variableOf(flag)]))
  }
  return {
    command: entry.name,
    operands: [...positionals, ...rest],
    isOn: (name) => valueOf(name) === true,
    text: (name) => {
      const value = valueOf(name)
      return typeof value === 'string' ? value : undefined
    },
    list: (name) => {
      const value = valueOf(name)
      return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
    },
  }
}

export function variableOf(flag: Flag): string {
  return `IAMSTACK_${flag.name.toUpperCase().replaceAll('-', '_')}`
}

function parse(
  entry: CommandEntry,
  argv: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  const options = Object.fromEntries(
    entry.flags.map((flag) => [
      flag.name,
      { type: flag.type, multiple: flag.multiple ?? false, ...(flag.short && { short: flag.short }) },
    ]),
  )
  try {
    return parseArgs({
      args: argv.map((word) => withValueOf(entry, word)),
      options,
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(wordsOf(error.message), `iamstack ${entry.name} --help lists the options`)
  }
}

function withValueOf(entry: CommandEntry, word: string): string {
  const flag = entry.flags.find(
    ({ name, withValue }) => withValue !== undefined && word.startsWith(`--${name}=`),
  )
  return flag?.withValue === undefined ? word : `--${flag.withValue}${word.slice(flag.name.length + 2)}`
}

/** Node adds advice about `--` that would confuse here. */
function wordsOf(message: string): string {
  return (message.split('. To specify')[0] ?? message).replace(/\.$/, '')
}

function checkChoice(flag: Flag, value: unknown): void {
  if (flag.choices && typeof value === 'string' && !flag.choices.includes(value)) {
    throw new UsageError(`--${flag.name} ${value}: expected one of ${flag.choices.join(', ')}`)
  }
}

function fromEnvironment(flag: Flag, value: string | undefined): unknown {
  if (value === undefined || value === '') return undefined
  if (flag.type === 'boolean') return ['1', 'true', 'yes', 'on'].includes(value.toLowerCase())
  checkChoice(flag, value)
  return flag.multiple ? value.split(',') : value
}

/** Options before the first operand are ours, everything after it the other command's; one `--` between is dropped. */
function splitAtOperand(entry: CommandEntry, argv: readonly string[]): [string[], string[]] {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (!word.startsWith('-')) {
      const rest = argv.slice(index + 1)
      return [argv.slice(0, index + 1), rest[0] === '--' ? rest.slice(1) : rest]
    }
    if (takesValue(entry, word)) index++
  }
  return [[...argv], []]
}

function takesValue(entry: CommandEntry, word: string): boolean {
  if (word.includes('=')) return false
  const flag = entry.flags.find(
    (each) => word === `--${each.name}` || (each.short && word === `-${each.short}`),
  )
  return flag?.type === 'string'
}
