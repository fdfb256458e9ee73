import type { ResolvedStack } from '../resolve/resolved.ts'

/** Prices as a profile gives them, by key of the block `cost`. Undefined: nobody looked it up. */
export interface Prices {
  readonly 'cpu-hour': number | undefined
  readonly 'memory-gib-hour': number | undefined
  readonly 'cluster-hour': number | undefined
  readonly 'node-hour': number | undefined
  readonly 'load-balancer-hour': number | undefined
  readonly 'volume-gib-month': number | undefined
  readonly 'nat-hour': number | undefined
  readonly 'idle-address-hour': number | undefined
}

export type PriceKey = keyof Prices

export interface PriceList {
  readonly prices: Prices
  /** Default USD. */
  readonly currency: string
  /** Day on which they were looked up; undefined where the profile does not say. */
  readonly dated: string | undefined
}

/** Prices of the block `cost`, those inside `eks` first. Nothing is ever looked up. */
export function pricesOf(stack: Pick<ResolvedStack, 'settings'>): PriceList {
  const own = fieldsOf(fieldsOf(stack.settings.get('eks')?.value)['cost'])
  const general = fieldsOf(stack.settings.get('cost')?.value)
  const valueOf = (key: string): unknown => own[key] ?? general[key]
  const priceOf = (key: string): number | undefined => {
    const value = valueOf(key)
    return typeof value === 'number' ? value : undefined
  }
  const textOf = (key: string): string | undefined => {
    const value = valueOf(key)
    return typeof value === 'string' ? value : undefined
  }
  return {
    prices: {
      'cpu-hour': priceOf('cpuHour'),
      'memory-gib-hour': priceOf('memoryGibHour'),
      'cluster-hour': priceOf('clusterHour'),
      'node-hour': priceOf('nodeHour'),
      'load-balancer-hour': priceOf('loadBalancerHour'),
      'volume-gib-month': priceOf('volumeGibMonth'),
      'nat-hour': priceOf('natHour'),
      'idle-address-hour': priceOf('idleAddressHour'),
    },
    currency: textOf('currency') ?? 'USD',
    dated: textOf('dated'),
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
