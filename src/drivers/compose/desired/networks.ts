import type { ResolvedStack } from '../../../resolve/resolved.ts'
import { gatewayService, ownName } from '../names.ts'
import { servicesNamedBy } from '../../consumer.ts'
import type { Facts } from '../../facts.ts'
import { podMates, podOwner } from '../../pods.ts'
import { runningServices } from './pods.ts'

/** Which networks there are, and who is attached to which. */
export interface Topology {
  /** By name as in the resource id; the value is how many containers must fit, undefined for any number. */
  readonly networks: ReadonlyMap<string, number | undefined>
  /** Alias lists by network as the engine knows it. */
  readonly attachmentsOf: (consumer: string) => ReadonlyMap<string, readonly string[]>
  /** Names of networks, as in the resource id. */
  readonly networksOf: (consumer: string) => readonly string[]
}

/** Room for what is beside the replicas: their successors, init steps, the gateway and the bridge itself. */
const spareAddresses = 4

/**
 * One network, or with `isolation: edges` one for each service that another one depends on. `fronted` are the services that the
 * gateway passes requests on to.
 */
export function topologyOf(
  stack: ResolvedStack,
  configs: Facts['configs'],
  fronted: ReadonlySet<string>,
): Topology {
  return stack.isolation === 'edges' ? edges(stack, configs, fronted) : single(stack)
}

function single(stack: ResolvedStack): Topology {
  const network = ownName(stack, 'default')
  return {
    networks: new Map([['default', undefined]]),
    attachmentsOf: (consumer) => new Map([[network, aliasesOf(stack, consumer)]]),
    networksOf: () => ['default'],
  }
}

function edges(stack: ResolvedStack, configs: Facts['configs'], fronted: ReadonlySet<string>): Topology {
  const members = new Map<string, Set<string>>()
  const join = (network: string, consumer: string): void => {
    members.set(network, (members.get(network) ?? new Set<string>()).add(consumer))
  }
  for (const [consumer, targets] of edgesOf(stack, configs, fronted)) {
    for (const target of targets) {
      join(target, target)
      join(target, consumer)
    }
  }
  const everybody = [
    ...runningServices(stack).map((each) => podOwner(stack, each).name),
    ...stack.jobs.keys(),
  ]
  for (const consumer of everybody) {
    // Ports of the host need some network, also of what nobody depends on.
    if (![...members.values()].some((each) => each.has(consumer))) join(consumer, consumer)
  }
  const networksOf = (consumer: string): string[] =>
    [...members].flatMap(([network, each]) => (each.has(consumer) ? [network] : [])).sort()
  return {
    networks: new Map([...members].map(([network, each]) => [network, sizeOf(stack, each)])),
    networksOf,
    attachmentsOf: (consumer) =>
      new Map(
        networksOf(consumer).map((network) => [
          ownName(stack, network),
          // A consumer has no name where it is no more than a guest.
          network === consumer ? aliasesOf(stack, consumer) : [],
        ]),
      ),
  }
}

/** Who speaks to whom, between owners of pods: needs, references in texts and files, and routes of the gateway. */
function edgesOf(
  stack: ResolvedStack,
  configs: Facts['configs'],
  fronted: ReadonlySet<string>,
): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  const add = (from: string, to: string): void => {
    const target = stack.services.get(to)
    if (!target || target.external !== undefined) return
    const owner = podOwner(stack, target).name
    if (owner !== from) edges.set(from, (edges.get(from) ?? new Set<string>()).add(owner))
  }
  for (const service of runningServices(stack)) {
    const named = servicesNamedBy({ kind: 'service', service }, configs)
    for (const to of named) add(podOwner(stack, service).name, to)
  }
  for (const job of stack.jobs.values()) {
    for (const to of servicesNamedBy({ kind: 'job', job }, configs)) add(job.name, to)
  }
  for (const service of fronted) add(gatewayService, service)
  return edges
}

/** The names under which others find a container: its service and its pod-mates. */
function aliasesOf(stack: ResolvedStack, consumer: string): string[] {
  const service = stack.services.get(consumer)
  return service ? podMates(stack, service).map(({ name }) => name) : [consumer]
}

function sizeOf(stack: ResolvedStack, members: ReadonlySet<string>): number {
  const containers = [...members].map((name) => (stack.services.get(name)?.replicas ?? 1) + 1)
  return containers.reduce((total, each) => total + each, spareAddresses)
}
