import type { KubeClient } from '../../platform/kubernetes/client.ts'
import { anonymous, type LoadedContext } from '../../platform/kubernetes/kubeconfig.ts'
import type { AwsConnection } from '../../platform/aws/connection.ts'
import type { SeenStack } from '../../platform/aws/cloudformation-words.ts'
import type { EksPlace } from './place.ts'
import { conditionOf } from './stack/condition.ts'
import { stackName } from './templates/names.ts'

export interface Reached {
  /** Undefined while the control plane is not there. */
  readonly client: KubeClient | undefined
  /** Where images of this account lie; undefined while there is no repository. */
  readonly registry: string | undefined
}

/**
 * The API server of the cluster, by what its stack says of it and with tokens of our own: neither the user's kubeconfig nor a
 * program is needed.
 */
export async function reachEks(
  place: EksPlace,
  connection: AwsConnection,
  env: LoadedContext['env'],
  signal: AbortSignal,
): Promise<Reached> {
  const { settings } = place
  const stacks = await (await place.cloudFormation(signal)).stacks(signal)
  const find = (part: 'cluster' | 'registry'): SeenStack | undefined =>
    stacks.find(({ name }) => name === stackName(settings, part))
  const context = contextOf(find('cluster'), settings.cluster, env)
  const registry = registryOf(find('registry'))
  if (!context) return { client: undefined, registry }
  const [{ createKubeClient }, { clusterToken }] = await Promise.all([
    import('../../platform/kubernetes/kube-client.ts'),
    import('../../platform/aws/token.ts'),
  ])
  const client = createKubeClient(context, {
    tokens: () => clusterToken(connection, settings.cluster, AbortSignal.timeout(tokenPatience)),
  })
  return { client, registry }
}

/** Milliseconds for keys that somebody else hands out (SSO, a role); signing itself takes none. */
const tokenPatience = 60_000

function contextOf(
  stack: SeenStack | undefined,
  cluster: string,
  env: LoadedContext['env'],
): LoadedContext | undefined {
  const { Endpoint: server, CertificateAuthority: ca } = stack?.outputs ?? {}
  if (conditionOf(stack) !== 'standing' && conditionOf(stack) !== 'busy') return undefined
  if (server === undefined || ca === undefined) return undefined
  const name = `eks-${cluster}`
  return {
    name: { context: name, cluster, server },
    namespace: undefined,
    cluster: {
      name: cluster,
      server,
      ca: { kind: 'data', base64: ca },
      tlsServerName: undefined,
      isVerified: true,
      proxyUrl: undefined,
    },
    user: { ...anonymous, name },
    env,
  }
}

/** `123456789012.dkr.ecr.eu-west-1.amazonaws.com` of the address of any repository. */
function registryOf(stack: SeenStack | undefined): string | undefined {
  const address = Object.entries(stack?.outputs ?? {}).find(([key]) => key.startsWith('Repository'))?.[1]
  return address?.split('/')[0]
}
