import { StepError } from '../plan/step-error.ts'
import { listContainers } from '../platform/engine/containers.ts'
import type { Engine } from '../platform/engine/engine.ts'
import { KubeError, type KubeClient } from '../platform/kubernetes/client.ts'
import type { Kubeconfig, LoadedContext } from '../platform/kubernetes/kubeconfig.ts'
import { kinds } from '../platform/kubernetes/kinds.ts'
import type { Cluster, Delivery } from './cluster.ts'
import { defaultNodePorts, supportedVersions } from './existing.ts'
import { carryDelivery } from './images/carry.ts'
import { kindLabel } from './kind/labels.ts'
import type { ClusterOptions } from './options.ts'
import { ownImages } from './own-images.ts'
import { connect, isOnThisMachine, mustLeadTo, openOnce, userKubeconfig } from './pinned.ts'
import { fieldsOf, pinnedSettings, textOf, type PinnedSettings } from './settings.ts'

/** What Docker Desktop calls its context, and what it called it until 2018. */
const contextNames = ['docker-desktop', 'docker-for-desktop'] as const

const enable =
  'turn it on in Docker Desktop: Settings → Kubernetes → Enable Kubernetes, and wait until it runs'

/**
 * The cluster that Docker Desktop brings: never started, stopped or changed by us. As kubeadm sets it up, its node runs what the
 * engine has; as kind sets it up, nodes have a containerd of their own, and images are carried there. Which of the two it is,
 * `open` finds out; before, the first is assumed.
 */
export function openDockerDesktop(options: ClusterOptions): Cluster {
  const settings = pinnedSettings(options.stack)
  const isOwn = ownImages(options.stack)
  let delivery: Delivery | undefined
  const client = openOnce(async (signal) => {
    const context = desktopContext(await userKubeconfig(options, settings), settings)
    const opened = await connect(context)
    await mustAnswer(opened, context, signal)
    const nodes = await separateNodes(opened, options.engine, signal)
    if (nodes)
      delivery = carryDelivery({ engine: options.engine, nodes: () => Promise.resolve(nodes), isOwn })
    return opened
  })
  return {
    target: 'docker-desktop',
    abilities: {
      loadBalancer: 'localhost',
      nodePorts: 'localhost',
      nodePortRange: defaultNodePorts,
      storageClass: settings.storageClass,
      ingressClass: settings.ingressClass,
      ingress: settings.ingressClass === undefined ? undefined : { host: 'localhost', port: 80 },
      versions: supportedVersions,
    },
    ...(settings.kubeconfig !== undefined && { kubeconfig: settings.kubeconfig }),
    check: () => [],
    desired: () => [],
    observe: () => Promise.resolve(new Map()),
    apply: () => Promise.resolve(),
    ready: () => Promise.resolve(),
    open: client.get,
    imageFor: (reference) => reference,
    pullPolicy: (reference) => (isOwn(reference) ? 'Never' : 'IfNotPresent'),
    get delivery() {
      return delivery
    },
    close: client.close,
  }
}

/** The context of Docker Desktop's cluster under either name, or the one that the profile pins; it must lead to this machine. */
export function desktopContext(config: Kubeconfig, settings: PinnedSettings): LoadedContext {
  const known = config.contexts().map(({ context }) => context)
  const asked = settings.context
  const isOther = asked !== undefined && !contextNames.some((name) => name === asked)
  const candidates = isOther ? [asked] : [...(asked === undefined ? [] : [asked]), ...contextNames]
  const found = candidates.find((name) => known.includes(name))
  if (found === undefined) {
    throw new StepError(
      'precondition',
      `Docker Desktop’s cluster is not there: no context ${quoted(candidates)}`,
      {
        span: settings.from,
        hint: enable,
        evidence: [
          `looked in ${config.files.join(', ')}`,
          known.length === 0 ? 'there is no context at all' : `there: ${known.join(', ')}`,
        ],
      },
    )
  }
  const context = config.context(found)
  mustLeadTo(context, settings)
  if (settings.server === undefined && !isOnThisMachine(context.name.server)) {
    throw new StepError(
      'precondition',
      `the context "${found}" leads to ${context.name.server} (cluster "${context.name.cluster}"), which is not on this machine`,
      {
        span: settings.from,
        hint: 'nothing was touched; docker-desktop is for the cluster of this machine’s Docker Desktop: for another one, use target: kubernetes',
      },
    )
  }
  return context
}

function quoted(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `"${name}"`).join(' or ')
}

async function mustAnswer(client: KubeClient, { name }: LoadedContext, signal: AbortSignal): Promise<void> {
  try {
    await client.version()
  } catch (error) {
    client.close()
    signal.throwIfAborted()
    if (!(error instanceof StepError)) throw error
    throw new StepError('precondition', error.message, {
      span: error.span,
      evidence: [...error.evidence, `context "${name.context}", ${name.server}`],
      hint: `Kubernetes of Docker Desktop is off, or still starting: ${enable}`,
      cause: error,
      isTerminal: error.isTerminal,
    })
  }
}

/**
 * Containers of the nodes where these have a container runtime of their own and the engine lets us reach them; undefined where
 * nodes share the engine's images.
 */
async function separateNodes(
  client: KubeClient,
  engine: () => Promise<Engine>,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  let names: string[]
  try {
    const nodes = await client.list(kinds.Node, { namespace: undefined }, signal)
    const isShared = nodes.items.every(({ status }) =>
      textOf(fieldsOf(fieldsOf(status)['nodeInfo'])['containerRuntimeVersion'])?.startsWith('docker://'),
    )
    if (isShared) return undefined
    names = nodes.items.map(({ metadata }) => metadata.name)
  } catch (error) {
    // Whoever may not look at nodes has no cluster of his own machine before him.
    if (error instanceof KubeError && error.status === 403) return undefined
    throw error
  }
  const containers = await listContainers(await engine(), [kindLabel.cluster], signal)
  const found = containers.filter(({ Names }) => Names.some((name) => names.includes(name.slice(1))))
  return found.length === names.length ? found.map(({ Id }) => Id) : undefined
}
