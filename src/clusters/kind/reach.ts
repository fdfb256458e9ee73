import { StepError } from '../../plan/step-error.ts'
import type { KubeClient } from '../../platform/kubernetes/client.ts'
import { loadKubeconfig } from '../../platform/kubernetes/kubeconfig.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { ClusterOptions } from '../options.ts'
import { connect } from '../pinned.ts'
import { fieldsOf, textOf } from '../settings.ts'
import { contextOf, keepKubeconfig, kubeconfigFile, kubeconfigOf } from './kubeconfig.ts'
import { lookAtKind } from './look.ts'

/** A registry that whoever made a cluster announced in it (KEP-1755). */
export interface AnnouncedRegistry {
  /** From this machine. */
  readonly host: string
  /** In the names that nodes pull. */
  readonly fromNodes: string
}

export interface Reached {
  readonly client: KubeClient
  readonly isForeign: boolean
  /** Of a cluster of somebody else. */
  readonly announced: AnnouncedRegistry | undefined
}

/**
 * The API server of a kind cluster, by a kubeconfig of our own; undefined while there is no finished cluster, or while its
 * containers are stopped and a step of ours can start them.
 */
export async function reachKind(
  options: ClusterOptions,
  cluster: string,
  signal: AbortSignal,
): Promise<Reached | undefined> {
  const engine = await options.engine()
  const seen = await lookAtKind(engine, cluster, signal)
  if (seen.kind !== 'ours' && seen.kind !== 'foreign') return undefined
  const isForeign = seen.kind === 'foreign'
  if (seen.first?.isRunning !== true) {
    if (isForeign)
      throw stopped(
        cluster,
        seen.nodes.map(({ name }) => name),
      )
    return undefined
  }
  const content = await kubeconfigOf(engine, cluster, seen.nodes, signal)
  if (content === undefined) {
    throw new StepError(
      'precondition',
      `the kind cluster ${cluster} has no kubeconfig, or does not publish its API server`,
      {
        hint: `kind export logs --name ${cluster} tells more; kind delete cluster --name ${cluster} makes room for a new one`,
      },
    )
  }
  await keepKubeconfig(kubeconfigFile(options.stateFolder), content)
  const config = await loadKubeconfig(options.env, { text: content })
  const client = await connect(config.context(contextOf(cluster)))
  return { client, isForeign, announced: isForeign ? await announcedBy(client, signal) : undefined }
}

async function announcedBy(client: KubeClient, signal: AbortSignal): Promise<AnnouncedRegistry | undefined> {
  const object = await client.get(kinds.ConfigMap, 'kube-public', 'local-registry-hosting', signal)
  const text = textOf(fieldsOf(object?.['data'])['localRegistryHosting.v1']) ?? ''
  // Flat YAML of a fixed form: keys and quoted or plain texts.
  const valueOf = (key: string): string | undefined =>
    new RegExp(`^${key}:\\s*["']?([^"'\\s]+)`, 'm').exec(text)?.[1]
  const host = valueOf('host')
  return host === undefined ? undefined : { host, fromNodes: valueOf('hostFromContainerRuntime') ?? host }
}

function stopped(cluster: string, names: readonly string[]): StepError {
  return new StepError('precondition', `the containers of the kind cluster ${cluster} are stopped`, {
    hint: `iamstack did not make it and does not start it: docker start ${names.join(' ')}`,
  })
}
