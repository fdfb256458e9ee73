import { parsePattern, replacePattern, trimEnd, trimStart } from './expand-pattern.ts'

/** `undefined`: not set. Unknown values (set by a base image we have not seen) are for the caller to tell apart. */
export type Lookup = (name: string) => string | undefined

export interface ExpandOptions {
  readonly escape: string
  /** Keep quotes in the result. */
  readonly keepsQuotes?: boolean
  /** Keep escape characters in the result. */
  readonly keepsEscapes?: boolean
  /** Leave variables that are not set as they are written. */
  readonly keepsUnset?: boolean
  /** Quotes are ordinary characters: the bodies of heredocs. */
  readonly ignoresQuotes?: boolean
}

export type Expansion =
  | {
      readonly ok: true
      readonly value: string
      /** The value split at blanks outside quotes, after expansion. */
      readonly words: readonly string[]
      /** Every variable that was asked for, set or not. */
      readonly names: ReadonlySet<string>
    }
  | { readonly ok: false; readonly message: string; readonly names: ReadonlySet<string> }

/** Far beyond any real value; ends the doubling of `ARG A=$A$A`, forty lines of which would need a terabyte. */
const longestValue = 256 * 1024
/** Patterns are tried at every place of the value: quadratic, so they take shorter ones. */
const longestPatternValue = 4096
const deepestNesting = 100

class ExpansionError extends Error {}

/**
 * Expands `$v`, `${v}`, `${v:-x}`, `${v:+x}`, `${v:?x}` (each without the colon too), `${v#p}`, `${v##p}`, `${v%p}`,
 * `${v%%p}`, `${v/p/x}`, `${v//p/x}` and removes quotes and escapes, as BuildKit's `shell.Lex` does.
 */
export function expandWord(source: string, lookup: Lookup, options: ExpandOptions): Expansion {
  const names = new Set<string>()
  try {
    const expander = createExpander(Array.from(source), lookup, options, names)
    const { value, words } = expander.upTo(undefined, options.keepsEscapes === true, 0)
    return { ok: true, value, words, names }
  } catch (error) {
    if (error instanceof ExpansionError) return { ok: false, message: error.message, names }
    throw error
  }
}

interface Expander {
  upTo(stop: string | undefined, keepsEscapes: boolean, depth: number): { value: string; words: string[] }
}

function createExpander(
  characters: readonly string[],
  lookup: Lookup,
  options: ExpandOptions,
  names: Set<string>,
): Expander {
  let at = 0

  function upTo(stop: string | undefined, keepsEscapes: boolean, depth: number) {
    if (depth > deepestNesting) throw new ExpansionError('variables are nested too deeply')
    const collected = createWords()
    while (at < characters.length) {
      const character = characters[at] ?? ''
      if (character === stop) {
        at += 1
        return collected.end()
      }
      if (character === '$') collected.split(dollar(depth))
      else if (character === "'" && options.ignoresQuotes !== true) collected.join(singleQuoted())
      else if (character === '"' && options.ignoresQuotes !== true) {
        collected.join(doubleQuoted(keepsEscapes, depth))
      } else if (character === options.escape) {
        if (keepsEscapes) collected.join(character)
        collected.join(characters[at + 1] ?? '')
        at += 2
      } else {
        collected.split(character)
        at += 1
      }
    }
    if (stop !== undefined) throw new ExpansionError(`"${stop}" is missing`)
    return collected.end()
  }

  function singleQuoted(): string {
    const end = characters.indexOf("'", at + 1)
    if (end < 0) throw new ExpansionError('the closing single quote is missing')
    const body = characters.slice(at + 1, end).join('')
    at = end + 1
    return options.keepsQuotes === true ? `'${body}'` : body
  }

  function doubleQuoted(keepsEscapes: boolean, depth: number): string {
    const out: string[] = []
    at += 1
    while (characters[at] !== '"') {
      const character = characters[at]
      if (character === undefined) throw new ExpansionError('the closing double quote is missing')
      if (character === '$') {
        out.push(dollar(depth))
        continue
      }
      const escaped = characters[at + 1]
      const isEscape =
        character === options.escape && (escaped === '"' || escaped === '$' || escaped === options.escape)
      if (isEscape) {
        out.push(keepsEscapes ? character + escaped : escaped)
        at += 2
      } else {
        out.push(character)
        at += 1
      }
    }
    at += 1
    const body = out.join('')
    return options.keepsQuotes === true ? `"${body}"` : body
  }

  function dollar(depth: number): string {
    at += 1
    if (characters[at] !== '{') {
      const name = readName()
      if (name === '') return '$'
      const value = valueOf(name)
      return value ?? (options.keepsUnset === true ? `$${name}` : '')
    }
    at += 1
    if (/^[{}:]$/.test(characters[at] ?? '')) throw new ExpansionError('a variable name is missing after ${')
    const name = readName()
    const value = valueOf(name)
    let operator = characters[at] ?? ''
    at += 1
    if (operator === '}') return value ?? (options.keepsUnset === true ? `\${${name}}` : '')
    if (operator === '/') return replaced(name, value, depth)
    const countsEmptyAsUnset = operator === ':'
    if (countsEmptyAsUnset) {
      operator = characters[at] ?? ''
      at += 1
    }
    if (!['+', '-', '?', '#', '%'].includes(operator)) {
      throw new ExpansionError(operator === '' ? '"}" is missing' : `\${…${operator}…} is not known`)
    }
    const isTrim = operator === '#' || operator === '%'
    const word = upTo('}', isTrim, depth + 1).value
    if (options.keepsUnset === true && value === undefined) {
      return `\${${name}${countsEmptyAsUnset ? ':' : ''}${operator}${word}}`
    }
    const isUnset = value === undefined || (countsEmptyAsUnset && value === '')
    if (operator === '-') return isUnset ? word : value
    if (operator === '+') return isUnset ? '' : word
    if (operator === '?') {
      if (isUnset) throw new ExpansionError(`${name}: ${word === '' ? 'is not set' : word}`)
      return value
    }
    return trimmed(value ?? '', word, operator)
  }

  function trimmed(value: string, word: string, operator: string): string {
    const isGreedy = word.startsWith(operator)
    const pattern = patternOf(isGreedy ? word.slice(1) : word, value)
    return operator === '#' ? trimStart(value, pattern, isGreedy) : trimEnd(value, pattern, isGreedy)
  }

  function replaced(name: string, value: string | undefined, depth: number): string {
    const everywhere = characters[at] === '/'
    if (everywhere) at += 1
    const pattern = upTo('/', true, depth + 1).value
    const by = upTo('}', true, depth + 1).value
    if (options.keepsUnset === true && value === undefined) return `\${${name}/${pattern}/${by}}`
    return replacePattern(value ?? '', patternOf(pattern, value ?? ''), by, everywhere)
  }

  function patternOf(text: string, value: string) {
    if (value.length > longestPatternValue) throw new ExpansionError('the value is too long for a pattern')
    const pattern = parsePattern(text)
    if (pattern === undefined)
      throw new ExpansionError(`the pattern "${text}" escapes a character that needs none`)
    return pattern
  }

  /** A name, a number, or one of the shell's special parameters. */
  function readName(): string {
    const start = at
    const first = characters[at] ?? ''
    if (/^\p{Nd}$/u.test(first)) {
      while (/^\p{Nd}$/u.test(characters[at] ?? '')) at += 1
    } else if (/^[@*#?\-$!]$/.test(first)) {
      at += 1
    } else {
      while (/^[\p{L}\p{Nd}_]$/u.test(characters[at] ?? '')) at += 1
    }
    return characters.slice(start, at).join('')
  }

  function valueOf(name: string): string | undefined {
    names.add(name)
    return lookup(name)
  }

  return { upTo }
}

/** Collects a value and, beside it, its words. */
function createWords() {
  const value: string[] = []
  const words: string[] = []
  let word = ''
  let length = 0

  function grow(text: string): void {
    length += text.length
    if (length > longestValue)
      throw new ExpansionError(`the value is longer than ${String(longestValue)} characters`)
    value.push(text)
  }

  function split(text: string): void {
    grow(text)
    for (const [index, part] of text.split(/\s/).entries()) {
      if (index > 0 && word !== '') {
        words.push(word)
        word = ''
      }
      word += part
    }
  }

  function join(text: string): void {
    grow(text)
    word += text
  }

  function end(): { value: string; words: string[] } {
    return { value: value.join(''), words: word === '' ? words : [...words, word] }
  }

  return { split, join, end }
}
