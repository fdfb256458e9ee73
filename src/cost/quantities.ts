import { eksSettings } from '../clusters/eks/settings.ts'
import { podsOf } from '../resolve/pods.ts'
import type { ResolvedStack, Service } from '../resolve/resolved.ts'
import type { PriceKey } from './prices.ts'

/** How much of something a stack takes, for as long as it runs. */
export interface Quantity {
  readonly price: PriceKey
  /** What it is, in words: `nodes workers (t3.medium)`. */
  readonly what: string
  readonly unit: 'core' | 'GiB' | 'piece'
  /** As the stack begins. */
  readonly usual: number
  /** With every range at its upper end. */
  readonly most: number
}

const gib = 1024 ** 3
/** What the Kubernetes driver asks for where a volume has no size. */
const defaultVolume = gib

/** Everything of a stack that somebody could charge for, whether it has a price or not. */
export function quantitiesOf(stack: ResolvedStack): Quantity[] {
  return [
    ...(stack.profile.target === 'eks' ? clusterQuantities(stack) : []),
    ...podQuantities(stack),
    ...loadBalancers(stack),
    ...volumes(stack),
  ].filter(({ most }) => most > 0)
}

function clusterQuantities(stack: ResolvedStack): Quantity[] {
  const { nodes, network } = eksSettings(stack)
  return [
    pieces('cluster-hour', 'control plane', 1),
    ...nodes.map(({ name, type, desired, max }) =>
      pieces('node-hour', `nodes ${name} (${type})`, desired, max),
    ),
    ...nodes.map(({ name, disk, desired, max }): Quantity => {
      const what = `root volumes of nodes ${name}`
      return {
        price: 'volume-gib-month',
        what,
        unit: 'GiB',
        usual: disk * desired,
        most: disk * max,
      }
    }),
    ...(network.kind === 'made' && network.hasNat ? [pieces('nat-hour', 'NAT gateway', 1)] : []),
  ]
}

function pieces(price: PriceKey, what: string, usual: number, most: number = usual): Quantity {
  return { price, what, unit: 'piece', usual, most }
}

/** What pods reserve: some clusters charge for that instead of nodes. What runs by schedule is none of it. */
function podQuantities(stack: ResolvedStack): Quantity[] {
  const nodes = stack.profile.target === 'eks' ? eksSettings(stack).nodes : []
  const onEachNode = {
    usual: nodes.reduce((sum, { desired }) => sum + desired, 0) || 1,
    most: nodes.reduce((sum, { max }) => sum + max, 0) || 1,
  }
  return running(stack).flatMap((service) => {
    if (service.workload === 'cron') return []
    const { cpu = 0, memory = 0 } = service.resources
    const count = service.workload === 'daemon' ? onEachNode : replicasOf(service)
    const quantity = (price: PriceKey, unit: 'core' | 'GiB', each: number): Quantity => {
      const what = `${unit === 'core' ? 'CPU' : 'memory'} of ${service.name}`
      return { price, what, unit, usual: each * count.usual, most: each * count.most }
    }
    return [quantity('cpu-hour', 'core', cpu / 1000), quantity('memory-gib-hour', 'GiB', memory / gib)]
  })
}

function replicasOf({ replicas, scale }: Service): { readonly usual: number; readonly most: number } {
  return scale ? { usual: scale.min, most: scale.max } : { usual: replicas, most: replicas }
}

/** Each service has one of its own, whatever the number of its ports. */
function loadBalancers(stack: ResolvedStack): Quantity[] {
  return running(stack).flatMap((service) =>
    service.workload !== 'cron' && [...service.expose.values()].some(({ kind }) => kind === 'load-balancer')
      ? [pieces('load-balancer-hour', `load balancer of ${service.name}`, 1)]
      : [],
  )
}

/** A `stateful` service that is no `singleton` has a volume for each replica. */
function volumes(stack: ResolvedStack): Quantity[] {
  return [...stack.volumes.values()].map(({ name, size }): Quantity => {
    const counts = owners(stack).flatMap(({ owner, members }) =>
      members.some(({ mounts }) => mounts.some((each) => each.kind === 'volume' && each.volume === name)) &&
      owner.workload === 'stateful' &&
      !owner.isSingleton
        ? [replicasOf(owner)]
        : [],
    )
    const each = (size ?? defaultVolume) / gib
    return {
      price: 'volume-gib-month',
      what: `volume ${name}`,
      unit: 'GiB',
      usual: each * Math.max(1, ...counts.map(({ usual }) => usual)),
      most: each * Math.max(1, ...counts.map(({ most }) => most)),
    }
  })
}

interface Group {
  readonly owner: Service
  readonly members: readonly Service[]
}

/** Every pod, those of services that are alone as well. */
function owners(stack: ResolvedStack): Group[] {
  const alone = running(stack).filter(({ pod }) => pod === undefined)
  return [...podsOf(stack).values(), ...alone.map((service) => ({ owner: service, members: [service] }))]
}

function running(stack: ResolvedStack): Service[] {
  return [...stack.services.values()].filter(({ external }) => external === undefined)
}
