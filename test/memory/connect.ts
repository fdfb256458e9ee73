import type { KubeClient } from '../../src/platform/kubernetes/client.ts'
import { createKubeClient } from '../../src/platform/kubernetes/kube-client.ts'
import { loadKubeconfig } from '../../src/platform/kubernetes/kubeconfig.ts'

const kubeconfig = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP']

/** Without CI, suites whose cluster is absent are skipped by name; in CI they fail. */
export const isClusterWanted = kubeconfig !== undefined || (process.env['CI'] ?? '') !== ''

/** To the cluster of the lab. */
export async function connect(): Promise<KubeClient> {
  const config = await loadKubeconfig(process.env, { files: [kubeconfig ?? ''] })
  return createKubeClient(config.context('docker-desktop'))
}
