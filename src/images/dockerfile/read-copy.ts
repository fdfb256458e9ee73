import { heredocOf } from './heredoc.ts'
import type { CopyInstruction } from './instructions.ts'
import type { Statement } from './statement.ts'
import { restOf } from './statement.ts'
import type { Token } from './words.ts'
import { jsonStrings, splitAtBlanks } from './words.ts'

export function readCopy(statement: Statement, kind: CopyInstruction['kind']): CopyInstruction | undefined {
  const keyword = kind.toUpperCase()
  const words = argumentsOf(statement)
  if (words === undefined) return undefined
  const destination = words.at(-1)
  if (!destination || words.length < 2) {
    const hint = `${keyword} source… destination`
    statement.error('dockerfile/arguments', `${keyword} needs a source and a destination`, undefined, hint)
    return undefined
  }
  if (heredocOf(destination.text)) {
    statement.error(
      'dockerfile/heredoc-destination',
      `a heredoc cannot be the destination of ${keyword}`,
      destination,
    )
    return undefined
  }
  const { flags } = statement
  const sources = words.slice(0, -1)
  // A name given twice has two bodies and BuildKit takes the last for both.
  const bodies = new Map(statement.heredocs.map((heredoc) => [heredoc.name, heredoc]))
  const inline = sources.flatMap((source) => bodies.get(heredocOf(source.text)?.name ?? '') ?? [])
  const from = flags.all('from')[0]
  const [chown, chmod, checksum] = [flags.text('chown'), flags.text('chmod'), flags.text('checksum')]
  return {
    kind,
    sources: sources.filter((source) => !heredocOf(source.text)).map(statement.wordOf),
    inline,
    destination: statement.wordOf(destination),
    isLinked: flags.isOn('link'),
    keepsParents: flags.isOn('parents'),
    keepsGitDirectory: flags.isOn('keep-git-dir'),
    exclude: flags.all('exclude').map(statement.wordOf),
    ...(from && from.text !== '' && { from: statement.wordOf(from) }),
    ...(chown !== undefined && { chown }),
    ...(chmod !== undefined && { chmod }),
    ...(checksum !== undefined && { checksum }),
    ...statement.common,
  }
}

function argumentsOf(statement: Statement): readonly Token[] | undefined {
  const strings = jsonStrings(statement.text, statement.rest)
  if (strings === undefined) return splitAtBlanks(statement.text, statement.rest)
  const rest = restOf(statement)
  if (strings !== 'not-strings') return strings.map((text) => ({ ...rest, text }))
  const message = `the array of ${statement.keyword.toUpperCase()} holds strings only`
  statement.error('dockerfile/json-strings', message, rest)
  return undefined
}
