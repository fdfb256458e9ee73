import type { ResolvedStack } from '../resolve/resolved.ts'
import type { Resource } from './resource.ts'

/**
 * A stateful service took its passwords into its data when it started first, so a changed secret would lock its users out. The
 * same for every target, hence beside the plan: such a change is marked and needs consent.
 */
export function guardStateful(desired: readonly Resource[], stack: ResolvedStack): Resource[] {
  return desired.map((resource) => {
    const service = resource.kind === 'service' ? stack.services.get(resource.name) : undefined
    if (service?.workload !== 'stateful') return resource
    const volumes = service.mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : []))
    if (volumes.length === 0) return resource
    return { ...resource, guards: { ...resource.guards, secret: guardText(volumes) } }
  })
}

function guardText(volumes: readonly string[]): string {
  return `the data of volume ${volumes.join(', ')} keeps the old secret: change it there as well and go on with --yes, put the old value back, or start anew with down --volumes=${volumes[0] ?? ''}`
}
