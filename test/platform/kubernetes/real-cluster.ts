import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { KubeClient, KubeObject } from '../../../src/platform/kubernetes/client.ts'
import { createKubeClient } from '../../../src/platform/kubernetes/kube-client.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { loadKubeconfig, type LoadedContext } from '../../../src/platform/kubernetes/kubeconfig.ts'

/** Where the lab's cluster is; see test/lab. */
export const kubeconfigPath = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP']
/** Without CI, suites whose cluster is absent are skipped by name; in CI they fail. */
export const isClusterWanted = kubeconfigPath !== undefined || (process.env['CI'] ?? '') !== ''

export interface RealCluster {
  readonly namespace: string
  client(): KubeClient
  context(): LoadedContext
  /** A running pod with a program for Node. */
  pod(name: string, program: string): Promise<void>
}

/** A namespace of the file's own in the lab's cluster, gone when its tests are over. */
export function realCluster(): RealCluster {
  const namespace = `ist-door-${randomBytes(4).toString('hex')}`
  let opened: { readonly client: KubeClient; readonly context: LoadedContext } | undefined
  const use = () => {
    if (!opened) throw new Error('the cluster is opened before the tests')
    return opened
  }
  beforeAll(async () => {
    const config = await loadKubeconfig(process.env, { files: [kubeconfigPath ?? ''] })
    const context = config.context('docker-desktop')
    const client = createKubeClient(context)
    opened = { client, context }
    await client.create(kinds.Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    })
  })
  afterAll(async () => {
    await opened?.client.remove(kinds.Namespace, undefined, namespace)
    opened?.client.close()
  })
  return {
    namespace,
    client: () => use().client,
    context: () => use().context,
    pod: async (name, program) => {
      const { client } = use()
      await client.create(kinds.Pod, podOf(namespace, name, program))
      const enough = AbortSignal.timeout(60_000)
      const options = { namespace, fieldSelector: `metadata.name=${name}` }
      for await (const event of client.watch(kinds.Pod, options, enough)) {
        const pod = event.type === 'listed' ? event.objects[0] : event.object
        if (isRunning(pod)) return
      }
      throw new Error(`pod ${name} did not start`)
    },
  }
}

function podOf(namespace: string, name: string, program: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'main',
          image: 'node:20-bookworm-slim',
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', program],
        },
      ],
    },
  }
}

function isRunning(pod: KubeObject | undefined): boolean {
  const status = pod?.['status'] as { containerStatuses?: { ready?: boolean }[] } | undefined
  return status?.containerStatuses?.[0]?.ready === true
}
