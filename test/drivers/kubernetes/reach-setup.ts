import { randomBytes } from 'node:crypto'
import { createKubeClient } from '../../../src/platform/kubernetes/kube-client.ts'
import type { KubeClient, KubeObject } from '../../../src/platform/kubernetes/client.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { loadKubeconfig } from '../../../src/platform/kubernetes/kubeconfig.ts'
import { labelsOf, selectorOf } from '../../../src/drivers/kubernetes/labels.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import { resolvedStack } from '../../resolve/stack.ts'

/** Where the lab's cluster is; see test/lab. */
export const kubeconfig = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP'] ?? ''

/** A namespace of its own, with workloads as the driver makes them. */
export interface ReachBench {
  readonly client: KubeClient
  readonly stack: ResolvedStack
  readonly project: string
  readonly namespace: string
  /** Applies a Deployment of the stack and waits until its pods are ready. */
  deploy(service: string, options: DeployOptions): Promise<void>
  pods(service: string): Promise<readonly KubeObject[]>
  until(isTrue: () => Promise<boolean>): Promise<void>
  close(): Promise<void>
}

export interface DeployOptions {
  readonly replicas?: number
  readonly image?: string
  readonly command: readonly string[]
  readonly port?: number
  /** Default: as soon as it runs. */
  readonly readinessProbe?: unknown
  readonly init?: Readonly<Record<string, readonly string[]>>
  /** Further containers, by name. */
  readonly beside?: Readonly<Record<string, readonly string[]>>
  readonly waits?: boolean
}

export async function openReachBench(yaml: string): Promise<ReachBench> {
  const config = await loadKubeconfig(process.env, { files: [kubeconfig] })
  const client = createKubeClient(config.context('docker-desktop'))
  const project = `ist-${randomBytes(4).toString('hex')}`
  const stack = await resolvedStack(`name: ${project}\n${yaml}`, { profile: 'docker-desktop' })
  await client.create(kinds.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: project } })
  const pods = async (service: string): Promise<readonly KubeObject[]> => {
    const labelSelector = Object.entries(selectorOf(project, service))
      .map(([label, value]) => `${label}=${value}`)
      .join(',')
    return (await client.list(kinds.Pod, { namespace: project, labelSelector })).items
  }
  const until = async (isTrue: () => Promise<boolean>): Promise<void> => {
    for (const deadline = Date.now() + 60_000; !(await isTrue());) {
      if (Date.now() > deadline) throw new Error('it did not become so in time')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return {
    client,
    stack,
    project,
    namespace: project,
    pods,
    until,
    deploy: async (service, options) => {
      await client.apply(kinds.Deployment, deploymentOf(project, service, options))
      if (options.waits === false) return
      await until(async () => {
        const ready = (await pods(service)).filter(isReady)
        return ready.length === (options.replicas ?? 1)
      })
    },
    close: async () => {
      await client.remove(kinds.Namespace, undefined, project)
      client.close()
    },
  }
}

export function isReady({ metadata, status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] }
  return (
    metadata.deletionTimestamp === undefined &&
    conditions.some((each) => each.type === 'Ready' && each.status === 'True')
  )
}

function deploymentOf(project: string, service: string, options: DeployOptions): KubeObject {
  const { replicas = 1, image = 'node:20-bookworm-slim', command, port, init = {}, beside = {} } = options
  const container = (name: string, argv: readonly string[]) => ({
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: argv,
  })
  const labels = { ...labelsOf(project, `service/${service}`), ...selectorOf(project, service) }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: service, namespace: project, labels },
    spec: {
      replicas,
      selector: { matchLabels: selectorOf(project, service) },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 5,
          initContainers: Object.entries(init).map(([name, argv]) => container(name, argv)),
          containers: [
            {
              ...container(service, command),
              ...(port !== undefined && { ports: [{ name: 'http', containerPort: port }] }),
              ...(options.readinessProbe !== undefined && { readinessProbe: options.readinessProbe }),
            },
            ...Object.entries(beside).map(([name, argv]) => container(name, argv)),
          ],
        },
      },
    },
  }
}
