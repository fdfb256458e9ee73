import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'

/** Services that are started here, in the order of the file. */
export function runningServices(stack: ResolvedStack): Service[] {
  return [...stack.services.values()].filter(
    (service) => service.external === undefined && service.workload !== 'cron',
  )
}
