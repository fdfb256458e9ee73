import { listContainers, type ContainerSummary } from '../../platform/engine/containers.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { isAtWork, isOwnClaim, readClaim, type Claim } from './claim.ts'
import { kindLabel } from './labels.ts'
import { readMark, type Mark } from './mark.ts'

export interface SeenNode {
  readonly id: string
  readonly name: string
  readonly role: 'control-plane' | 'worker' | 'external-load-balancer'
  readonly isRunning: boolean
  readonly image: string
  readonly container: ContainerSummary
}

/** What the engine shows of one kind cluster. Stopped nodes count: their files can still be read. */
export type SeenCluster =
  | { readonly kind: 'absent' }
  /** Ours, and interrupted while it was made or deleted; also when not one container is left of it. */
  | { readonly kind: 'unfinished'; readonly claim: Claim; readonly nodes: readonly SeenNode[] }
  /** Another process makes or deletes it at this moment. */
  | { readonly kind: 'busy'; readonly claim: Claim; readonly nodes: readonly SeenNode[] }
  | {
      readonly kind: 'ours'
      readonly mark: Mark
      readonly nodes: readonly SeenNode[]
      readonly first: SeenNode
    }
  /** Made by hand, or by another tool. */
  | { readonly kind: 'foreign'; readonly nodes: readonly SeenNode[]; readonly first: SeenNode | undefined }

/** A container that came later after its claim was not made by whoever claimed: he was killed, and somebody else made a cluster. */
const latestContainer = 20 * 60_000

export async function lookAtKind(engine: Engine, cluster: string, signal: AbortSignal): Promise<SeenCluster> {
  const [nodes, claim] = await Promise.all([
    nodesOf(engine, cluster, signal),
    readClaim(engine, cluster, signal),
  ])
  const first = nodes.find(({ role }) => role === 'control-plane')
  if (claim && !isOwnClaim(claim) && (await isAtWork(claim))) return { kind: 'busy', claim, nodes }
  if (claim && nodes.every((node) => isOfClaim(node, claim))) {
    const mark = first && claim.purpose === 'create' ? await readMark(engine, first.id, signal) : undefined
    // Killed between the last word and the release of the claim.
    if (first && mark) return { kind: 'ours', mark, nodes, first }
    return { kind: 'unfinished', claim, nodes }
  }
  if (nodes.length === 0) return { kind: 'absent' }
  const mark = first && (await readMark(engine, first.id, signal))
  return first && mark ? { kind: 'ours', mark, nodes, first } : { kind: 'foreign', nodes, first }
}

/** Nodes of a kind cluster, in every state, the first control plane first. */
export async function nodesOf(engine: Engine, cluster: string, signal: AbortSignal): Promise<SeenNode[]> {
  const containers = await listContainers(engine, [`${kindLabel.cluster}=${cluster}`], signal)
  return containers
    .map((container) => ({
      id: container.Id,
      name: container.Names[0]?.slice(1) ?? container.Id,
      role: roleOf(container.Labels[kindLabel.role]),
      isRunning: container.State === 'running',
      image: container.Image,
      container,
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

function roleOf(label: string | undefined): SeenNode['role'] {
  return label === 'worker' || label === 'external-load-balancer' ? label : 'control-plane'
}

/** A deletion is of what was there before, a creation of what came soon after. Docker counts creation in seconds. */
function isOfClaim({ container }: SeenNode, claim: Claim): boolean {
  const age = container.Created * 1000 - claim.at
  return claim.purpose === 'delete' ? age < 1000 : age > -1000 && age < latestContainer
}
