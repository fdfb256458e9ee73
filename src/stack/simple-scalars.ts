import type { ScalarNode } from './node.ts'
import type { Span } from './diagnostics.ts'

/** What the YAML 1.2 core schema makes of an unquoted scalar; undefined for the rare forms (`.inf`, `0x1f`). */
export function plainScalar(text: string, span: Span): ScalarNode | undefined {
  const value = plainValue(text)
  return value === undefined ? undefined : { kind: 'scalar', value, text, isQuoted: false, span }
}

function plainValue(text: string): string | number | boolean | null | undefined {
  const first = text.charCodeAt(0)
  const isNumeric = (first >= 0x30 && first <= 0x39) || first === 0x2d || first === 0x2b || first === 0x2e
  if (isNumeric) {
    if (decimal.test(text)) return Number(text)
    return rareNumber.test(text) ? undefined : text
  }
  const word = words.get(text)
  return word === undefined ? text : word
}

const decimal = /^(?:-?[1-9]\d*|\d+|[-+]?(?:\.\d+|\d+\.\d*)|[-+]?(?:\.\d+|\d+(?:\.\d*)?)[eE][-+]?\d+)$/
const rareNumber = /^(?:[-+]?\d+|0[xo][\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const words = new Map<string, boolean | null>([
  ...['true', 'True', 'TRUE'].map((word): [string, boolean] => [word, true]),
  ...['false', 'False', 'FALSE'].map((word): [string, boolean] => [word, false]),
  ...['null', 'Null', 'NULL', '~'].map((word): [string, null] => [word, null]),
])

/** The value of a quoted scalar on one line, quotes included in `written`; undefined for escapes that JSON does not have. */
export function quotedValue(written: string): string | undefined {
  if (written.startsWith("'")) return written.slice(1, -1).replaceAll("''", "'")
  if (!written.includes('\\')) return written.slice(1, -1)
  try {
    return JSON.parse(written) as string
  } catch {
    return undefined
  }
}

/** Offset behind the closing quote of what is quoted at `start`; undefined where the line ends first. */
export function endOfQuoted(text: string, start: number): number | undefined {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]
    if (character === '\n') return undefined
    if (character === '\\' && quote === '"') at++
    else if (character === quote) {
      if (quote === "'" && text[at + 1] === "'") at++
      else return at + 1
    }
  }
  return undefined
}
