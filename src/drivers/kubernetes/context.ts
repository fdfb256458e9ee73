import type { Cluster } from '../../clusters/cluster.ts'
import type { Materials } from '../../content/materials.ts'
import type { ImageBuilder } from '../../images/builder.ts'
import type { Memory } from '../../memory/memory.ts'
import { StepError } from '../../plan/step-error.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import type { RegistryCredentials } from '../../platform/engine/registry-credentials.ts'
import type { KubeClient } from '../../platform/kubernetes/client.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'

/** What the operations of one Kubernetes driver share. Nothing is connected before it is used. */
export interface KubeContext {
  readonly stack: ResolvedStack
  readonly project: string
  readonly namespace: string
  readonly cluster: Cluster
  /** The API server of the pinned context, opened once; undefined while a cluster that we make does not exist. */
  readonly client: () => Promise<KubeClient | undefined>
  /** Holds what the cluster's objects cannot: on which kept volumes a job ran. */
  readonly memory: Memory
  readonly materials: Materials
  /** This machine's engine: only where images are built or delivered. */
  readonly engine?: () => Promise<Engine>
  /** Afterwards the engine has the image under `fact.reference`. Throws StepError. */
  readonly buildImage?: ImageBuilder
  /** Credentials that nodes pull with from a registry's host; undefined where nobody logged in. */
  readonly credentials?: (registry: string) => Promise<RegistryCredentials | undefined>
}

/** The profile names the namespace, so it is used as it is, whoever made it, and is never deleted. */
export function isNamespaceGiven({
  namespace,
  project,
}: Pick<KubeContext, 'namespace' | 'project'>): boolean {
  return namespace !== project
}

/** The API server, where a step cannot do without. StepError (`precondition`) while its cluster does not exist. */
export async function connected(context: Pick<KubeContext, 'client'>): Promise<KubeClient> {
  const client = await context.client()
  if (!client) throw new StepError('precondition', 'the cluster does not exist yet')
  return client
}
