import type { Flag } from './flags.ts'
import { variableOf } from './arguments.ts'
import type { CommandEntry } from './table.ts'

const groups: readonly (readonly [CommandEntry['group'], string])[] = [
  ['run', 'Run'],
  ['look', 'Look'],
  ['describe', 'Describe'],
  ['tool', 'Tools'],
]

export function generalHelp(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const sections = groups.flatMap(([group, title]) => [
    `${title}:`,
    ...commands
      .filter((entry) => entry.group === group)
      .map((entry) => `  ${entry.name.padEnd(width)}  ${entry.summary}`),
    '',
  ])
  return [
    'iamstack: one stack file, from local processes to the cloud',
    '',
    'Usage: iamstack COMMAND [OPTIONS]',
    '',
    ...sections,
    'iamstack COMMAND --help tells more. Every option is also an environment variable: --profile is IAMSTACK_PROFILE.',
  ].join('\n')
}

export function commandHelp(entry: CommandEntry): string {
  const usage = `Usage: iamstack ${entry.name}${entry.flags.length > 0 ? ' [OPTIONS]' : ''}${entry.operands ? ` ${entry.operands}` : ''}`
  const left = entry.flags.map(signature)
  const width = Math.max(...left.map((text) => text.length))
  const lines = entry.flags.map((flag, index) => `  ${(left[index] ?? '').padEnd(width)}  ${flag.summary}`)
  const example = entry.flags[0]
  return [
    usage,
    '',
    capitalised(entry.summary) + '.',
    '',
    'Options:',
    ...lines,
    ...(example
      ? ['', `Options are also environment variables: --${example.name} is ${variableOf(example)}.`]
      : []),
  ].join('\n')
}

function signature(flag: Flag): string {
  return `${flag.short ? `-${flag.short}, ` : '    '}--${flag.name}${flag.value ? ` ${flag.value}` : ''}`
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
