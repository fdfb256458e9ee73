/** Readers of numbers with units. Each returns undefined for a text that is none. */

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `500ms`, `2s`, `1m30s`, `8h`, `7d` → milliseconds. A bare `0` is 0; any other number without a unit is refused. */
export function readDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined
  let milliseconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    milliseconds += Number(amount) * (durationUnits[unit ?? ''] ?? 0)
  }
  return Math.round(milliseconds)
}

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
}

/** `512Mi`, `1Gi`, `5M`, `1024` → bytes; a lower-case `k`, `m`, `g` of nginx and Compose counts in powers of two. */
export function readBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text)
  if (!match) return undefined
  const unit = match[2] ?? ''
  const lower = { m: 1024 ** 2, g: 1024 ** 3, k: 1024 }[unit.replace(/b$/i, '')]
  const factor = lower ?? byteUnits[unit.replace(/B$/, '')]
  const isPartOfByte = factor === 1 && text.includes('.')
  return factor === undefined || isPartOfByte ? undefined : Math.round(Number(match[1]) * factor)
}

/** `250m`, `0.5`, `1` → millicores. */
export function readCpu(text: string): number | undefined {
  const milli = /^(\d+)m$/.exec(text)
  if (milli) return Number(milli[1])
  return /^\d+(?:\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1000) : undefined
}

/** `80%` or `80` → 80. */
export function readPercent(text: string): number | undefined {
  const match = /^(\d{1,3})\s?%?$/.exec(text)
  return match && Number(match[1]) <= 100 ? Number(match[1]) : undefined
}
