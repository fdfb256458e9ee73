import { podsOf } from '../resolve/pods.ts'
import type { ResolvedStack, Service } from '../resolve/resolved.ts'

/** The services that share a network, the owner first; a service without a pod is alone. */
export function podMates(stack: ResolvedStack, service: Service): readonly Service[] {
  if (service.pod === undefined) return [service]
  return podsOf(stack).get(service.pod)?.members ?? [service]
}

/** The member whose container holds the network; the service itself where it is alone. */
export function podOwner(stack: ResolvedStack, service: Service): Service {
  return podMates(stack, service)[0] ?? service
}
