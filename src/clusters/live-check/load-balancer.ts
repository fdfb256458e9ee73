import type { KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import { fieldsOf, listOf } from '../settings.ts'
import { doubtful, fine, unknown, type LiveObservation, type LiveSubject } from './finding.ts'

/**
 * Whether load balancers get addresses, by those that are there: one that we made would cost money in a cloud, and take a port of
 * this machine on Docker Desktop.
 */
export async function checkLoadBalancer(
  { client, cluster }: LiveSubject,
  signal: AbortSignal,
): Promise<LiveObservation> {
  const { items } = await client.list(kinds.Service, { namespace: undefined }, signal)
  const balanced = items.filter((service) => fieldsOf(service['spec'])['type'] === 'LoadBalancer')
  const served = balanced.filter(hasAddress)
  if (served.length > 0 && served.length === balanced.length)
    return fine(`provided: ${served.length} of type LoadBalancer, and each has an address`)
  if (balanced.length > 0) {
    const waiting = balanced.filter((service) => !hasAddress(service))
    const names = waiting.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
    return doubtful(
      `without an address: ${names.join(', ')}`,
      'kubectl describe service says what they wait for',
    )
  }
  switch (cluster.abilities.loadBalancer) {
    case 'none':
      return fine('none here: `expose: load-balancer` is forwarded to this machine')
    case 'localhost':
    case 'cloud':
      return unknown(
        'the cluster has no Service of type LoadBalancer to look at',
        'run this again after an up with `expose: load-balancer`',
      )
    default:
      return cluster.abilities.loadBalancer satisfies never
  }
}

function hasAddress(service: KubeObject): boolean {
  return listOf(fieldsOf(fieldsOf(service['status'])['loadBalancer'])['ingress']).length > 0
}
