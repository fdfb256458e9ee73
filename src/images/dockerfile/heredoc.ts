import { expandWord } from './expand.ts'

/** What a line announces: `<<-"EOF"` has the name `EOF`, takes leading tabs away and does not expand. */
export interface HeredocStart {
  readonly name: string
  readonly stripsTabs: boolean
  readonly expands: boolean
}

const unset = (): undefined => undefined

/** The heredocs that a line opens, in order; none where its quotes do not close, as the shell would not see any either. */
export function heredocsIn(line: string): readonly HeredocStart[] {
  if (!line.includes('<<')) return []
  const expansion = expandWord(line, unset, {
    escape: '\\',
    keepsQuotes: true,
    keepsEscapes: true,
    keepsUnset: true,
  })
  if (!expansion.ok) return []
  return expansion.words.flatMap((word) => heredocOf(word) ?? [])
}

/** The heredoc that one word is (`<<EOF`, `3<<-"EOF"`), or undefined. */
export function heredocOf(word: string): HeredocStart | undefined {
  const match = /^\d*<<(?<strip>-?)(?<rest>[^<]+)$/.exec(word)
  const rest = match?.groups?.['rest']
  if (rest === undefined) return undefined
  const bare = expandWord(rest, unset, { escape: '\\', keepsUnset: true })
  const raw = expandWord(rest, unset, { escape: '\\', keepsUnset: true, keepsQuotes: true })
  const name = bare.ok && bare.words.length === 1 ? bare.words[0] : undefined
  const quoted = raw.ok ? raw.words[0] : undefined
  if (name === undefined || quoted === undefined) return undefined
  return { name, stripsTabs: match?.groups?.['strip'] === '-', expands: quotes(name) === quotes(quoted) }
}

function quotes(text: string): number {
  return text.split(/['"]/).length
}
