const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a Go duration (`1m30s`, `500ms`, `0`), or undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const part of text.matchAll(/(?<amount>[\d.]+)(?<unit>[a-zµμ]+)/g)) {
    total += Number(part.groups?.['amount']) * (units[part.groups?.['unit'] ?? ''] ?? 0)
  }
  return total
}
