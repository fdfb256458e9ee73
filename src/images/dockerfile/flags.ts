import { nearest } from './nearest.ts'
import type { Token } from './words.ts'

type FlagKind = 'text' | 'boolean' | 'list'

/** The flags of each instruction; those without an entry take none. */
const flagsOf: Readonly<Record<string, Readonly<Record<string, FlagKind>>>> = {
  from: { platform: 'text' },
  run: { mount: 'list', network: 'text', security: 'text' },
  copy: { from: 'text', chown: 'text', chmod: 'text', link: 'boolean', parents: 'boolean', exclude: 'list' },
  add: {
    chown: 'text',
    chmod: 'text',
    link: 'boolean',
    exclude: 'list',
    checksum: 'text',
    'keep-git-dir': 'boolean',
  },
  healthcheck: {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  },
}

/** The flags of one instruction by name; the offset of a value is where it starts in the instruction. */
export interface Flags {
  readonly text: (name: string) => string | undefined
  readonly isOn: (name: string) => boolean
  readonly all: (name: string) => readonly Token[]
}

export type Report = (code: string, message: string, token?: Token, hint?: string) => void

/** Checks the flags against the table; a wrong one is reported and left out. */
export function readFlags(keyword: string, tokens: readonly Token[], report: Report): Flags {
  const known = flagsOf[keyword] ?? {}
  const found = new Map<string, Token[]>()
  for (const token of tokens) {
    const equals = token.text.indexOf('=')
    const name = token.text.slice(2, equals < 0 ? undefined : equals)
    const value = equals < 0 ? undefined : token.text.slice(equals + 1)
    const kind = Object.hasOwn(known, name) ? known[name] : undefined
    if (kind === undefined) {
      const hint = flagHint(keyword, name, Object.keys(known))
      report('dockerfile/unknown-flag', `${keyword.toUpperCase()} has no flag --${name}`, token, hint)
    } else if (kind !== 'list' && found.has(name)) {
      report('dockerfile/duplicate-flag', `--${name} is given twice`, token)
    } else if (kind === 'boolean' && !/^(?:true|false)$/i.test(value ?? 'true')) {
      report('dockerfile/flag-value', `--${name} is true or false, not "${value ?? ''}"`, token)
    } else if (kind !== 'boolean' && value === undefined) {
      report('dockerfile/flag-value', `--${name} needs a value: --${name}=…`, token)
    } else {
      // Where the flag has no quotes the value's place is exact; else it is the flag's.
      const isPlain = token.end - token.start === token.text.length
      const start = isPlain && equals >= 0 ? token.start + equals + 1 : token.start
      found.set(name, [...(found.get(name) ?? []), { text: value ?? 'true', start, end: token.end }])
    }
  }
  return {
    text: (name) => found.get(name)?.[0]?.text,
    isOn: (name) => found.get(name)?.[0]?.text.toLowerCase() === 'true',
    all: (name) => found.get(name) ?? [],
  }
}

function flagHint(keyword: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  if (near !== undefined) return `did you mean --${near}?`
  if (known.length > 0) return `known: ${known.map((each) => `--${each}`).join(', ')}`
  return `a word that starts with -- is read as a flag; write ${keyword.toUpperCase()} -- … to end the flags`
}
