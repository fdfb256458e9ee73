/** Names of the objects that one thing of the stack becomes. All of them are DNS labels where the stack's own names are. */

/** Files of a config that read secrets. */
export function secretOfConfig(config: string): string {
  return `${config}-config`
}

export function secretOfCert(cert: string): string {
  return `${cert}-cert`
}

/** Variables whose texts contain secrets. */
export function secretOfEnvironment(consumer: string): string {
  return `${consumer}-env`
}

export function secretOfRegistry(registry: string): string {
  return `registry-${registry}`
}

export function loadBalancerOf(service: string): string {
  return `${service}-lb`
}

export function nodePortsOf(service: string): string {
  return `${service}-node`
}

/** What gives the replicas of a StatefulSet their names where its own Service has an address. */
export function governingServiceOf(service: string): string {
  return `${service}-pods`
}

/** The container of an init step. Those of a pod's other members say whose they are. */
export function initContainerOf(service: string, step: string, isOwner: boolean): string {
  return isOwner ? step : `${service}-${step}`
}
