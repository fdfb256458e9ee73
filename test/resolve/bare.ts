import { textAsWritten, type Text } from '../../src/resolve/text.ts'

/** A resolved value without places, texts as written and maps as objects: what a snapshot of it should show. */
export function bare(value: unknown): unknown {
  if (isText(value)) return textAsWritten(value)
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, each]: [unknown, unknown]) => [String(key), bare(each)]))
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'from' && key !== 'at')
  return Object.fromEntries(entries.map(([key, each]: [string, unknown]) => [key, bare(each)]))
}

function isText(value: unknown): value is Text {
  return typeof value === 'object' && value !== null && 'parts' in value && Array.isArray(value.parts)
}
