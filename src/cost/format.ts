import { during, hoursOfMonth, type Amount, type Cost, type CostLine } from './cost.ts'
import type { Quantity } from './quantities.ts'

/** A table for people: what, how much of it, for an hour, for a month; sums, and what they leave out. Without a line break at the end. */
export function costText(cost: Cost): string {
  const { currency, dated, lines, hourly, unpriced } = cost
  const rows = [
    ['', 'how much', `${currency} an hour`, 'a month'],
    ...lines.map((line) => [line.what, countOf(line), ...moneyOf(line.hourly)]),
    ['together', '', ...moneyOf(hourly)],
  ]
  const since = dated === undefined ? 'of an unknown day' : `of ${dated}`
  return [
    ...aligned(rows),
    ...(unpriced.length > 0
      ? [
          `not in it, for want of a price: ${unpriced.map(({ what, price }) => `${what} (${price})`).join(', ')}`,
        ]
      : []),
    `prices ${since}, from the profile; traffic and requests are extra; a month has ${hoursOfMonth} hours`,
  ].join('\n')
}

/** One line for a plan or a status: `0.19 USD an hour, 139.61 a month`. */
export function costSummary({ hourly, currency }: Pick<Cost, 'hourly' | 'currency'>): string {
  const [anHour, aMonth] = moneyOf(hourly)
  return `${anHour} ${currency} an hour, ${aMonth} a month`
}

function countOf({ unit, usual, most, unitPrice, price }: CostLine): string {
  const amount = ranged(usual, most, (value) => trimmed(value, 3))
  const each = `${trimmed(unitPrice, 6)}${price.endsWith('-month') ? ' a month' : ''}`
  return `${amount}${unitOf(unit)} × ${each}`
}

function unitOf(unit: Quantity['unit']): string {
  switch (unit) {
    case 'core':
      return ' CPU'
    case 'GiB':
      return ' GiB'
    case 'piece':
      return ''
    default:
      return unit satisfies never
  }
}

/** For an hour to a hundredth of a cent, for a month to the cent. */
function moneyOf(hourly: Amount): [string, string] {
  const monthly = during(hourly, hoursOfMonth)
  return [
    ranged(hourly.usual, hourly.most, (value) => value.toFixed(4)),
    ranged(monthly.usual, monthly.most, (value) => value.toFixed(2)),
  ]
}

function ranged(usual: number, most: number, text: (value: number) => string): string {
  const [low, high] = [text(usual), text(most)]
  return low === high ? low : `${low}–${high}`
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}

/** Columns as wide as their widest cell; numbers end where their heading ends. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
