import { expect, test } from 'vitest'
import { readArguments } from '../../src/commands/arguments.ts'
import { sameWords } from '../../src/commands/same-words.ts'
import { commands } from '../../src/commands/table.ts'

const entry = commands.find(({ name }) => name === 'dev')
if (!entry) throw new Error('there is no command dev')

function again(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string[] {
  return sameWords(entry?.flags ?? [], readArguments(entry as NonNullable<typeof entry>, argv, env), env)
}

test('what was given is given again, and means the same', () => {
  const words = ['-p', 'kind', '--profile', 'dev', '-y', '--set', 'a=1,b=-2', '--on-exit', 'down', 'api']
  expect(again(words)).toMatchInlineSnapshot(`
    [
      "--on-exit=down",
      "--profile=kind",
      "--profile=dev",
      "--set=a=1,b=-2",
      "--yes",
    ]
  `)
  expect(again(again(words))).toEqual(again(words))
  expect(again([])).toEqual([])
})

test('a value of the environment stays there: others can read the words of a process', () => {
  const env = { IAMSTACK_VAR: 'PASSWORD=secret,REGION=eu', IAMSTACK_INSTANCE: 'mine' }
  expect(again([], env)).toEqual([])
  expect(again(['--instance', 'other'], env)).toEqual(['--instance=other'])
})
