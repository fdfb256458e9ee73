import type { Key } from './press.ts'

/** A key as blessed tells it. */
export interface TerminalKey {
  readonly name?: string | undefined
  readonly full: string
  readonly ctrl?: boolean
  readonly meta?: boolean
}

/** Undefined for what is no key of ours: the second telling of enter, sequences that nobody knows, Alt with anything. */
export function keyOf(text: string | undefined, key: TerminalKey): Key | undefined {
  if (key.name === 'return' || key.meta) return undefined
  if (key.name === 'linefeed') return { name: 'enter', text: undefined }
  if (text === ' ') return { name: 'space', text }
  const isCharacter = text !== undefined && !key.ctrl && /^[^\p{Cc}\p{Cs}]+$/u.test(text)
  return isCharacter ? { name: text, text } : { name: key.full, text: undefined }
}
