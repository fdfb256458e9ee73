import { StepError } from '../plan/step-error.ts'
import type { KubeClient } from '../platform/kubernetes/client.ts'
import { createKubeClient } from '../platform/kubernetes/kube-client.ts'
import { loadKubeconfig } from '../platform/kubernetes/kubeconfig.ts'
import type { ClusterPlace } from './protocol.ts'

/** Connections to clusters, one for each, with credentials that are read from the kubeconfigs now. */
export interface ClusterClients {
  /** StepError (`precondition`) when the context is gone or leads elsewhere by now. */
  clientOf(place: ClusterPlace): Promise<KubeClient>
  close(): void
}

export function clusterClients(): ClusterClients {
  const clients = new Map<string, Promise<KubeClient>>()
  return {
    clientOf(place) {
      const key = JSON.stringify(place)
      const opening = clients.get(key) ?? open(place)
      clients.set(key, opening)
      opening.catch(() => clients.delete(key))
      return opening
    },
    close() {
      for (const opening of clients.values())
        opening.then(
          (client) => client.close(),
          () => undefined,
        )
    },
  }
}

async function open({ files, context, server }: ClusterPlace): Promise<KubeClient> {
  const config = await loadKubeconfig(process.env, { files })
  const loaded = config.context(context)
  if (loaded.name.server !== server) {
    throw new StepError(
      'precondition',
      `context ${context} leads to ${loaded.name.server} now, not to ${server}`,
      { hint: 'iamstack up makes its forwards anew' },
    )
  }
  return createKubeClient(loaded, { isInteractive: false })
}
