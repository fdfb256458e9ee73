import { label } from '../labels.ts'
import { hasOwnName, replicasAmong, type SeenContainer } from '../observe/look.ts'
import { shortDigest } from '../../content-parts.ts'

/** The part of a gateway that passes requests on to exactly the replicas that are there; observation says whether it does. */
export const currentServers = 'current'

/** The containers that a gateway should know when nothing is being replaced. */
export function settledServers(containers: readonly SeenContainer[]): SeenContainer[] {
  return replicasAmong(containers).filter((each) => isServer(each) && hasOwnName(each))
}

/** Whether a container may be asked by the gateway at all. */
export function isServer({ labels, role, state }: SeenContainer): boolean {
  return role === 'replica' && labels[label.fronted] !== undefined && state !== 'created'
}

/** One word for a set of containers. */
export function serversDigest(servers: readonly SeenContainer[]): string {
  return shortDigest(servers.map(({ id }) => id).sort())
}
