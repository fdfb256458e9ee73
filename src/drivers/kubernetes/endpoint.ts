import { connect } from 'node:net'
import type { KubeClient, KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { Endpoint } from '../driver.ts'
import type { KubeContext } from './context.ts'
import { resourceLabel, resourceLabelOf } from './labels.ts'
import { listOptions } from './logs.ts'

export type EndpointContext = Pick<KubeContext, 'stack' | 'project' | 'namespace' | 'cluster' | 'client'>

export type Reached =
  /** The service, or the port, is not in the cluster. */
  | { readonly kind: 'absent' }
  /** The cluster brings it to this machine. */
  | { readonly kind: 'answers'; readonly endpoint: Endpoint }
  /** It is there and does not answer on this machine by itself. */
  | { readonly kind: 'inside' }

export const loopback = '127.0.0.1'

/** Where the cluster itself makes a port of a service answer: a load balancer, or a port of its nodes. */
export async function reachedByCluster(
  context: EndpointContext,
  service: string,
  port: string,
): Promise<Reached> {
  const number = context.stack.services.get(service)?.ports.get(port)?.port
  const client = await context.client()
  if (!client || number === undefined) return { kind: 'absent' }
  const labelSelector = `${listOptions(context).labelSelector},${resourceLabel}=${resourceLabelOf(`service/${service}`)}`
  const { items } = await client.list(kinds.Service, { namespace: context.namespace, labelSelector })
  const found = items.map(serviceOf)
  const { loadBalancer, nodePorts } = context.cluster.abilities
  for (const each of found.filter(({ type }) => type === 'LoadBalancer')) {
    const own = each.ports.find(({ name }) => name === port)
    const address = loadBalancer === 'localhost' && each.address !== undefined ? loopback : each.address
    if (own && loadBalancer !== 'none' && address !== undefined)
      return { kind: 'answers', endpoint: { host: address, port: own.port } }
  }
  for (const each of found.filter(({ type }) => type === 'NodePort')) {
    const nodePort = each.ports.find(({ name }) => name === port)?.nodePort
    const host = nodePort === undefined || nodePorts === 'none' ? undefined : await hostOf(client, nodePorts)
    if (host !== undefined && nodePort !== undefined && (await answers(host, nodePort)))
      return { kind: 'answers', endpoint: { host, port: nodePort } }
  }
  const isInside = found.some(({ ports }) => ports.some(({ name }) => name === port))
  return { kind: isInside || (await hasPods(client, context, service)) ? 'inside' : 'absent' }
}

/** A port that is exposed to nobody has no Service, and its pods have it all the same. */
async function hasPods(client: KubeClient, context: EndpointContext, service: string): Promise<boolean> {
  const labelSelector = `${listOptions(context).labelSelector},${resourceLabel}=${resourceLabelOf(`service/${service}`)}`
  return (await client.list(kinds.Pod, { namespace: context.namespace, labelSelector })).items.length > 0
}

async function hostOf(client: KubeClient, where: 'localhost' | 'nodes'): Promise<string | undefined> {
  if (where === 'localhost') return loopback
  const { items } = await client.list(kinds.Node, { namespace: undefined })
  const addresses = items.flatMap(
    ({ status }) => (status as { addresses?: readonly NodeAddress[] } | undefined)?.addresses ?? [],
  )
  return ['ExternalIP', 'InternalIP'].flatMap(
    (wanted) => addresses.find(({ type }) => type === wanted)?.address ?? [],
  )[0]
}

interface NodeAddress {
  readonly type: string
  readonly address: string
}

/** Nodes are often in a network that this machine has no way into. Milliseconds. */
const patience = 1000

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.setTimeout(patience, () => end(false))
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}

interface SeenService {
  readonly type: string
  readonly ports: readonly {
    readonly name?: string
    readonly port: number
    readonly nodePort?: number
    readonly protocol?: string
  }[]
  readonly address: string | undefined
}

function serviceOf(object: KubeObject): SeenService {
  const spec = object['spec'] as Partial<Pick<SeenService, 'type' | 'ports'>> | undefined
  const status = object['status'] as
    { loadBalancer?: { ingress?: readonly { hostname?: string; ip?: string }[] } } | undefined
  const [ingress] = status?.loadBalancer?.ingress ?? []
  return {
    type: spec?.type ?? 'ClusterIP',
    ports: spec?.ports ?? [],
    address: ingress?.hostname ?? ingress?.ip,
  }
}

/** Where a Service of type LoadBalancer takes connections, as far as its cloud has said it. */
export function serviceAddress(object: KubeObject): {
  readonly host: string | undefined
  readonly ports: readonly number[]
} {
  const { address, ports } = serviceOf(object)
  return { host: address, ports: ports.filter(({ protocol }) => protocol !== 'UDP').map(({ port }) => port) }
}
