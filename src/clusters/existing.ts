import { referenceOf } from '../images/naming.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { errorAt, warningAt, type Diagnostic } from '../stack/diagnostics.ts'
import type { Cluster } from './cluster.ts'
import type { ClusterOptions } from './options.ts'
import { connect, mustLeadTo, openOnce, userKubeconfig } from './pinned.ts'
import { pinnedSettings, type PinnedSettings } from './settings.ts'

/** Kubernetes versions that objects are made for. */
export const supportedVersions = { oldest: '1.28', newest: '1.36' } as const
export const defaultNodePorts = [30_000, 32_767] as const

/**
 * Any cluster that is there already (`target: kubernetes`), by the name of its context. What it can do is what the profile says
 * of it. Nodes pull images from registries: none is brought to them.
 */
export function openExisting(options: ClusterOptions): Cluster {
  const settings = pinnedSettings(options.stack)
  const client = openOnce(async (signal) => {
    const config = await userKubeconfig(options, settings)
    const context = config.context(settings.context ?? '')
    mustLeadTo(context, settings)
    const opened = await connect(context)
    signal.throwIfAborted()
    await opened.version()
    return opened
  })
  return {
    target: 'kubernetes',
    abilities: {
      loadBalancer: settings.loadBalancer === true ? 'cloud' : 'none',
      nodePorts: 'nodes',
      nodePortRange: defaultNodePorts,
      storageClass: settings.storageClass,
      ingressClass: settings.ingressClass,
      ingress: undefined,
      versions: supportedVersions,
    },
    ...(settings.kubeconfig !== undefined && { kubeconfig: settings.kubeconfig }),
    check: (stack) => [...contextFindings(settings), ...registryFindings(stack)],
    desired: () => [],
    observe: () => Promise.resolve(new Map()),
    apply: () => Promise.resolve(),
    ready: () => Promise.resolve(),
    open: client.get,
    imageFor: (reference) => reference,
    pullPolicy: () => 'IfNotPresent',
    close: client.close,
  }
}

function contextFindings({ context, from }: PinnedSettings): Diagnostic[] {
  if (context !== undefined) return []
  return [
    errorAt(
      'kubernetes/no-context',
      'this profile does not say which cluster it is for: the current context of the kubeconfig is nobody’s choice here',
      from,
      'write kubernetes: { context: NAME }; kubectl config get-contexts lists the names',
    ),
  ]
}

/** Names of images of the stack that have no registry are known to this machine alone. */
function registryFindings(stack: ResolvedStack): Diagnostic[] {
  return [...stack.images.values()]
    .filter(({ registry, naming }) => registry === undefined && naming === undefined)
    .map(({ name, from }) =>
      warningAt(
        'kubernetes/no-registry',
        `nodes of this cluster cannot pull ${referenceOf(stack, name, 'hash')}: the image ${name} has no registry`,
        from,
        'name one under registries, and in the image as registry: NAME; on a cluster that shares this machine’s engine, ignore this',
      ),
    )
}
