import type { ResolvedStack } from '../resolve/resolved.ts'
import { pricesOf, type PriceKey } from './prices.ts'
import { quantitiesOf, type Quantity } from './quantities.ts'

/** AWS counts a month as 730 hours: 365 days of 24 hours by 12. */
export const hoursOfMonth = 730

/** Money of a currency that the report names, for an hour. */
export interface Amount {
  /** As the stack begins. */
  readonly usual: number
  /** With every range (`scale`, `max` of nodes) at its upper end. */
  readonly most: number
}

export interface CostLine extends Quantity {
  /** For one unit, per hour or per month as the key says. */
  readonly unitPrice: number
  readonly hourly: Amount
}

export interface Cost {
  readonly currency: string
  /** Day on which the prices were looked up. */
  readonly dated: string | undefined
  readonly lines: readonly CostLine[]
  readonly hourly: Amount
  /** What the stack takes and the profile has no price for; it is not in the sum. */
  readonly unpriced: readonly Quantity[]
}

/**
 * What a stack costs while it runs, by the prices of its profile and by nothing else. Traffic, requests and logs are no part of
 * it. Undefined where the profile has no price at all.
 */
export function costOf(stack: ResolvedStack): Cost | undefined {
  const { prices, currency, dated } = pricesOf(stack)
  if (Object.values(prices).every((price) => price === undefined)) return undefined
  const quantities = quantitiesOf(stack)
  const lines = quantities.flatMap((quantity): CostLine[] => {
    const unitPrice = prices[quantity.price]
    return unitPrice === undefined ? [] : [{ ...quantity, unitPrice, hourly: hourlyOf(quantity, unitPrice) }]
  })
  return {
    currency,
    dated,
    lines,
    hourly: sumOf(lines.map(({ hourly }) => hourly)),
    unpriced: quantities.filter((quantity) => isMissing(quantity, prices[quantity.price])),
  }
}

/** What pods reserve is charged where there are no nodes to pay for: without a price of its own it is part of the nodes. */
function isMissing({ price }: Quantity, found: number | undefined): boolean {
  return found === undefined && price !== 'cpu-hour' && price !== 'memory-gib-hour'
}

function hourlyOf({ price, usual, most }: Quantity, unitPrice: number): Amount {
  const hours = isMonthly(price) ? hoursOfMonth : 1
  return { usual: (usual * unitPrice) / hours, most: (most * unitPrice) / hours }
}

function isMonthly(price: PriceKey): boolean {
  return price.endsWith('-month')
}

function sumOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce((sum, { usual, most }) => ({ usual: sum.usual + usual, most: sum.most + most }), {
    usual: 0,
    most: 0,
  })
}

/** The same for some hours. */
export function during({ usual, most }: Amount, hours: number): Amount {
  return { usual: usual * hours, most: most * hours }
}

/** How much more one costs than the other for an hour; less than nothing where it is cheaper. */
export function difference(before: Cost | undefined, after: Cost | undefined): Amount {
  const nothing = { usual: 0, most: 0 }
  const [from, to] = [before?.hourly ?? nothing, after?.hourly ?? nothing]
  return { usual: to.usual - from.usual, most: to.most - from.most }
}
