import { costOf, during, hoursOfMonth, type Cost } from '../cost/cost.ts'
import { costSummary } from '../cost/format.ts'
import { pricesOf } from '../cost/prices.ts'
import type { Leftover } from '../drivers/driver.ts'
import type { Plan } from '../plan/step.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'

/** What goes on costing with a cluster and volumes that stay; undefined where nothing of it has a price. */
export function keptCost(stack: ResolvedStack, kept: Plan['kept']): string | undefined {
  const cost = kept.some(({ resource }) => resource.startsWith('cluster/')) ? costOf(stack) : undefined
  if (!cost) return undefined
  const volumes = new Set(kept.map(({ resource }) => resource.replace(/^volume\//, 'volume ')))
  const lines = cost.lines.filter(({ price, what }) => {
    const isOfPods = price === 'cpu-hour' || price === 'memory-gib-hour' || price === 'load-balancer-hour'
    return !isOfPods && (!what.startsWith('volume ') || volumes.has(what))
  })
  const hourly = lines.reduce(
    (sum, line) => ({ usual: sum.usual + line.hourly.usual, most: sum.most + line.hourly.usual }),
    { usual: 0, most: 0 },
  )
  const what = [...new Set(lines.map((line) => line.what))].join(', ')
  return `what stays costs ${costSummary({ hourly, currency: cost.currency } satisfies Pick<Cost, 'hourly' | 'currency'>)} (${what}); down --all ends it`
}

/** `disk vol-0 (8 GiB) is left and costs 0.70 USD a month: aws ec2 delete-volume …`. */
export function leftoverText({ what, hourly, isBillable, cure }: Leftover, stack: ResolvedStack): string {
  const { currency } = pricesOf(stack)
  const monthly =
    hourly === undefined ? undefined : during({ usual: hourly, most: hourly }, hoursOfMonth).usual
  const price =
    monthly === undefined
      ? isBillable
        ? 'and may cost'
        : 'and costs nothing by itself'
      : `and costs ${monthly.toFixed(2)} ${currency} a month`
  return `${what} is left ${price}: ${cure}`
}
