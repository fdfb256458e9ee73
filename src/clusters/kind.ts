import type { TargetStep } from '../plan/step.ts'
import type { Run } from '../drivers/driver.ts'
import type { KubeClient } from '../platform/kubernetes/client.ts'
import type { Cluster, Delivery } from './cluster.ts'
import { defaultNodePorts, supportedVersions } from './existing.ts'
import { carryDelivery } from './images/carry.ts'
import { fullReference, nodeRegistry, ownRepository, tagInRegistry } from './images/names.ts'
import { pushDelivery } from './images/push.ts'
import { ensureRegistry, findRegistry, joinKindNetwork } from './images/registry.ts'
import { baseConfig } from './kind/base-config.ts'
import { kindFindings, minorOf } from './kind/check.ts'
import { wantedPorts } from './kind/config.ts'
import { createCluster } from './kind/create.ts'
import { clusterResource } from './kind/desired.ts'
import { kubeconfigFile } from './kind/kubeconfig.ts'
import { lookAtKind, nodesOf } from './kind/look.ts'
import { observeCluster } from './kind/observe.ts'
import type { KindPlace } from './kind/place.ts'
import { reachKind, type AnnouncedRegistry } from './kind/reach.ts'
import { clusterReady } from './kind/ready.ts'
import { deleteCluster } from './kind/remove.ts'
import { announceRegistry, machines, registryFor, shapeCluster } from './kind/shape.ts'
import type { ClusterOptions } from './options.ts'
import { ownImages } from './own-images.ts'
import { openOnce } from './pinned.ts'
import { kindSettings } from './settings.ts'

/** Where images of this machine go, and by which names pods ask for them. */
type Supply =
  /** Pods name our own registry, whose real place only the nodes know. */
  | { readonly kind: 'ours' }
  | { readonly kind: 'announced'; readonly registry: AnnouncedRegistry }
  | { readonly kind: 'carried' }

/**
 * A kind cluster: made when it is missing, used as it is when somebody else made it. The user's kubeconfig is neither read nor
 * written; a kubeconfig of its own lies in the state folder.
 */
export function openKind(options: ClusterOptions): Cluster {
  const { stack } = options
  const settings = kindSettings(stack)
  const isOwn = ownImages(stack)
  let supply: Supply = settings.registry.kind === 'none' ? { kind: 'carried' } : { kind: 'ours' }
  const client = openOnce(async (signal): Promise<KubeClient | undefined> => {
    const reached = await reachKind(options, settings.cluster, signal)
    if (reached?.isForeign) {
      supply = reached.announced ? { kind: 'announced', registry: reached.announced } : { kind: 'carried' }
    }
    return reached?.client
  })
  const place: KindPlace = {
    ...options,
    settings,
    client: client.get,
    forgetClient: client.forget,
    base: () => baseConfig(settings),
  }
  const resource = clusterResource(stack, settings)
  const deliveries = deliveriesOf(place, isOwn, () => supply)
  const ingress = settings.ports.find(({ node, protocol }) => node === 80 && protocol === 'tcp')
  const minor = settings.version === undefined ? undefined : minorOf(settings.version)
  const published = wantedPorts(stack, settings).flatMap(({ host, node }) => (host === node ? [node] : []))

  return {
    target: 'kind',
    abilities: {
      loadBalancer: 'none',
      nodePorts: areAllPublished(options, published) ? 'localhost' : 'nodes',
      nodePortRange: settings.nodePortRange ?? defaultNodePorts,
      storageClass: undefined,
      ingressClass: undefined,
      // Where a port of this machine leads to port 80 of the node, an ingress controller is meant to be behind it.
      ingress: ingress && { host: '127.0.0.1', port: ingress.host },
      versions: minor === undefined ? supportedVersions : { oldest: minor, newest: minor },
    },
    kubeconfig: kubeconfigFile(options.stateFolder),
    check: () => kindFindings(settings),
    desired: () => [resource],
    observe: async (signal) => {
      const seen = await observeCluster(place, resource, signal)
      return new Map(seen ? [[resource.id, seen]] : [])
    },
    apply: (step, run) => applyStep(place, step, run),
    ready: (wanted, run) => clusterReady(place, wanted, run),
    open: client.get,
    imageFor: (reference) => {
      if (supply.kind === 'carried' || !isOwn(reference)) return reference
      const full = fullReference(reference)
      const host = supply.kind === 'ours' ? nodeRegistry : supply.registry.fromNodes
      return `${host}/${ownRepository(full)}:${tagInRegistry(full)}`
    },
    pullPolicy: (reference) => (supply.kind === 'carried' && isOwn(reference) ? 'Never' : 'IfNotPresent'),
    delivery: deliveries,
    close: client.close,
  }
}

async function applyStep(place: KindPlace, step: TargetStep, run: Run): Promise<void> {
  switch (step.op) {
    case 'create': {
      await createCluster(place, step.wanted, run)
      return
    }
    case 'replace':
      await deleteCluster(place, run)
      {
        await createCluster(place, step.wanted, run)
        return
      }
    case 'update':
    case 'restart': {
      const engine = await place.engine()
      const seen = await lookAtKind(engine, place.settings.cluster, run.signal)
      if (seen.kind !== 'ours') return
      await shapeCluster(place, engine, seen.nodes, seen.mark, step.wanted, run)
      place.forgetClient()
      await clusterReady(place, step.wanted, run)
      const registry = await registryFor(engine, place.settings.registry, run.signal, () => undefined)
      if (registry) await announceRegistry(place, registry, run.signal)
      return
    }
    case 'delete': {
      await deleteCluster(place, run)
      return
    }
    case 'wait':
      return
    case 'build':
    case 'deliver':
    case 'run':
    case 'reload':
    case 'scale':
    case 'stop':
      throw new TypeError(`a cluster knows no ${step.op}`)
    default:
      return step satisfies never
  }
}

/** One value for all ways: which one it is, is known only when the cluster has been opened. */
function deliveriesOf(
  place: KindPlace,
  isOwn: (reference: string) => boolean,
  supply: () => Supply,
): Delivery {
  const { settings, engine } = place
  const given = settings.registry.kind === 'given' ? settings.registry.host : undefined
  const ours = pushDelivery({
    engine,
    isOwn,
    find: async (signal) => given ?? (await findRegistry(await engine(), signal))?.host,
    registry: async (signal, tell) => {
      if (given !== undefined) return given
      const opened = await engine()
      const registry = await ensureRegistry(opened, signal, tell)
      if (registry.container !== undefined) await joinKindNetwork(opened, registry.container, signal)
      return registry.host
    },
  })
  const announced = (host: string): Delivery =>
    pushDelivery({ engine, isOwn, find: () => Promise.resolve(host), registry: () => Promise.resolve(host) })
  const carried = carryDelivery({
    engine,
    isOwn,
    nodes: async (signal) =>
      machines(await nodesOf(await engine(), settings.cluster, signal)).map(({ id }) => id),
  })
  /** Nodes of a cluster of somebody else know his registry for its own images only. */
  const wayOf = (reference: string): Delivery => {
    const chosen = supply()
    switch (chosen.kind) {
      case 'ours':
        return ours
      case 'announced':
        return isOwn(reference) ? announced(chosen.registry.host) : carried
      case 'carried':
        return carried
      default:
        return chosen satisfies never
    }
  }
  return {
    has: async (references, signal) => {
      const isSplit = supply().kind === 'announced'
      const groups = isSplit
        ? [references.filter(isOwn), references.filter((each) => !isOwn(each))]
        : [references]
      const found = await Promise.all(
        groups.map(async (group) =>
          group[0] === undefined ? [] : [...(await wayOf(group[0]).has(group, signal))],
        ),
      )
      return new Set(found.flat())
    },
    deliver: (reference, run, id) => wayOf(reference).deliver(reference, run, id),
  }
}

/** Whether every `expose: node` of the stack has a port that this machine knows beforehand. */
function areAllPublished({ stack }: ClusterOptions, published: readonly number[]): boolean {
  return [...stack.services.values()].every((service) =>
    [...service.expose.values()].every(
      ({ kind, port }) => kind !== 'node' || (port !== undefined && published.includes(port)),
    ),
  )
}
