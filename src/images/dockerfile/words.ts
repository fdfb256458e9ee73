/** A slice of an instruction; `text` differs from the slice where quotes or escapes were taken away. */
export interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** What BuildKit splits arguments at: every blank but the line break (there is none in a logical line). */
const blank = /[\t\v\f\r ]+/g

/** Splits at blanks, quotes without meaning: FROM, COPY, EXPOSE and the like. */
export function splitAtBlanks(text: string, from: number): Token[] {
  const tokens: Token[] = []
  const start = skipBlanks(text, from)
  const end = text.trimEnd().length
  let at = start
  while (at < end) {
    blank.lastIndex = at
    const gap = blank.exec(text)
    const stop = gap && gap.index < end ? gap.index : end
    tokens.push({ text: text.slice(at, stop), start: at, end: stop })
    at = gap && gap.index < end ? gap.index + gap[0].length : end
  }
  return tokens
}

/** Splits at blanks outside quotes and keeps quotes and escapes, which expansion removes later: ENV, LABEL, ARG. */
export function splitQuoted(text: string, from: number, escape: string): Token[] {
  const tokens: Token[] = []
  const limit = text.trimEnd().length
  let at = from
  while (at < limit) {
    if (isSpace(text, at)) {
      at += 1
      continue
    }
    const start = at
    let word = ''
    let quote = ''
    while (at < limit && (quote !== '' || !isSpace(text, at))) {
      const character = text[at] ?? ''
      if (character === escape && quote !== "'") {
        // An escape at the very end stands for nothing.
        if (at + 1 < limit) word += character + (text[at + 1] ?? '')
        at += 2
        continue
      }
      if (quote === '' && (character === '"' || character === "'")) quote = character
      else if (character === quote) quote = ''
      word += character
      at += 1
    }
    tokens.push({ text: word, start, end: Math.min(at, limit) })
  }
  return tokens
}

/**
 * The `--name=value` words before the arguments, quotes and backslashes removed (whatever the escape directive says),
 * and where the arguments start. A bare `--` ends them.
 */
export function splitFlags(text: string, from: number): { flags: Token[]; rest: number } {
  const flags: Token[] = []
  let at = from
  for (;;) {
    at = skipBlanks(text, at)
    if (!text.startsWith('--', at)) return { flags, rest: at }
    const start = at
    let word = ''
    let quote = ''
    while (at < text.length && (quote !== '' || !isSpace(text, at))) {
      let character = text[at] ?? ''
      if (character === quote) quote = ''
      else if (quote === '' && (character === '"' || character === "'")) quote = character
      else {
        if (character === '\\') {
          at += 1
          character = text[at] ?? ''
        }
        word += character
      }
      at += 1
    }
    at = Math.min(at, text.length)
    if (word === '--') return { flags, rest: skipBlanks(text, at) }
    flags.push({ text: word, start, end: at })
  }
}

/**
 * The strings of a JSON array at `from`; `not-strings` where it is an array of something else, undefined where it is
 * no JSON array. Like BuildKit's decoder it ignores what follows the array.
 */
export function jsonStrings(text: string, from: number): readonly string[] | 'not-strings' | undefined {
  const start = skipBlanks(text, from)
  if (text[start] !== '[') return undefined
  let depth = 0
  let isQuoted = false
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (isQuoted) {
      if (character === '\\') at += 1
      else if (character === '"') isQuoted = false
    } else if (character === '"') isQuoted = true
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') {
      depth -= 1
      if (depth === 0) return stringsOf(text.slice(start, at + 1))
    }
  }
  return undefined
}

function stringsOf(json: string): readonly string[] | 'not-strings' | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    // Not JSON (or nested beyond what the parser bears): the shell form then.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
  if (!Array.isArray(value)) return undefined
  const strings = value.filter((item): item is string => typeof item === 'string')
  return strings.length === value.length ? strings : 'not-strings'
}

export function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isSpace(text, at)) at += 1
  return at
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text[at] ?? '')
}
