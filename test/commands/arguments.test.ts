import { describe, expect, it } from 'vitest'
import { readArguments, UsageError } from '../../src/commands/arguments.ts'
import { commandHelp, generalHelp } from '../../src/commands/help.ts'
import { commands } from '../../src/commands/table.ts'

const entry = (name: string) => {
  const found = commands.find((each) => each.name === name)
  if (!found) throw new Error(`no command ${name}`)
  return found
}
const read = (name: string, words: string, env: Record<string, string> = {}) =>
  readArguments(entry(name), words.split(' ').filter(Boolean), env)

describe('arguments', () => {
  it('reads options, operands and short forms', () => {
    const given = read('up', 'api -p compose --profile=-kind --set a=1 --set b=2 --no-wait')
    expect(given.operands).toEqual(['api'])
    expect(given.list('profile')).toEqual(['compose', '-kind'])
    expect(given.list('set')).toEqual(['a=1', 'b=2'])
    expect([given.isOn('no-wait'), given.isOn('no-build')]).toEqual([true, false])
  })

  it('takes every option from the environment too, and lets the command line win', () => {
    const env = { IAMSTACK_PROFILE: 'kind,local', IAMSTACK_YES: 'true', IAMSTACK_INSTANCE: 'mine' }
    expect(read('up', '', env).list('profile')).toEqual(['kind', 'local'])
    expect(read('up', '', env).isOn('yes')).toBe(true)
    expect(read('up', '--instance yours', env).text('instance')).toBe('yours')
  })

  it('leaves everything after the first operand of exec to the command that runs', () => {
    const given = read('exec', '-e A=1 api -- sh -c --help')
    expect(given.operands).toEqual(['api', 'sh', '-c', '--help'])
    expect(given.list('env')).toEqual(['A=1'])
    expect(read('exec', 'api env -T').operands).toEqual(['api', 'env', '-T'])
  })

  it('refuses what it does not know, with the way out', () => {
    expect(() => read('up', '--waitt')).toThrow(
      new UsageError("Unknown option '--waitt'", 'iamstack up --help lists the options'),
    )
    expect(() => read('up', '--progress loud')).toThrow(
      '--progress loud: expected one of auto, tty, plain, json, quiet',
    )
    expect(() => read('up', '', { IAMSTACK_PROGRESS: 'loud' }).text('progress')).toThrow('expected one of')
  })

  it('-f follows logs, and names the file elsewhere', () => {
    expect(read('logs', '-f').isOn('follow')).toBe(true)
    expect(read('up', '-f other.yaml').text('file')).toBe('other.yaml')
  })
})

describe('help', () => {
  it('lists every command once, in groups', () => {
    const help = generalHelp(commands)
    for (const { name, summary } of commands)
      expect(
        help.split('\n').filter((line) => line.includes(`  ${name} `) && line.includes(summary)),
      ).toHaveLength(1)
  })

  it('prints a command from the same table', () => {
    expect(commandHelp(entry('completion'))).toMatchInlineSnapshot(`
      "Usage: iamstack completion [OPTIONS] bash|zsh|fish

      Shell completion.

      Options:
            --ansi WHEN  colours: auto, always, never (NO_COLOR is respected)
        -h, --help       show this help

      Options are also environment variables: --ansi is IAMSTACK_ANSI."
    `)
  })
})
