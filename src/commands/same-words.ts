import { variableOf, type Arguments } from './arguments.ts'
import type { Flag } from './flags.ts'

/**
 * The options among `flags` that were given, as words for another run of this program. What came from the environment is left out:
 * the other run inherits it, and a value from there may be one that no list of processes is to show.
 */
export function sameWords(
  flags: readonly Flag[],
  given: Arguments,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  return flags.flatMap((flag) => {
    const option = `--${flag.name}`
    const inherited = env[variableOf(flag)]
    if (flag.type === 'boolean') return given.isOn(flag.name) ? [option] : []
    const values = flag.multiple ? given.list(flag.name) : textOf(given, flag.name)
    return values.join(',') === inherited ? [] : values.map((value) => `${option}=${value}`)
  })
}

function textOf(given: Arguments, name: string): readonly string[] {
  const text = given.text(name)
  return text === undefined ? [] : [text]
}
