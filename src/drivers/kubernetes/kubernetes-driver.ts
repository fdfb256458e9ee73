import type { Cluster } from '../../clusters/cluster.ts'
import type { Driver } from '../driver.ts'
import { check } from './check.ts'
import type { KubeContext } from './context.ts'
import { desiredResources } from './desired/desired.ts'
import { refusedStep } from './diagnose/refusal.ts'
import { observe } from './observe/observe.ts'
import type { Reach } from './reach.ts'
import { render } from './render.ts'
import type { KubeResource } from './spec.ts'
import { kubernetesSyncing } from './syncing.ts'

export type KubernetesOptions = Omit<KubeContext, 'project' | 'namespace'> & {
  /** The cluster is gone, so what was opened with it leads nowhere. */
  readonly forget: () => Promise<void>
  /** Lets go of what was opened with the cluster. */
  readonly close: () => Promise<void>
}

/**
 * Runs a stack in a namespace of a Kubernetes cluster, whichever: how the cluster comes to exist and how images get into it is a
 * value. Nothing of ours is a file: what there is, is what the API server shows. What only some commands need is loaded when they do.
 */
export function createKubernetesDriver(options: KubernetesOptions): Driver {
  const { stack, cluster } = options
  const context: KubeContext = { ...options, project: stack.project, namespace: stack.namespace }
  let reaching: Promise<Reach> | undefined
  const reach = (): Promise<Reach> =>
    (reaching ??= import('./reach.ts').then(({ createReach }) => createReach(context)))
  return {
    name: 'kubernetes',
    check: (checked) => [...check(checked, cluster), ...cluster.check(checked)],
    foundation: () => cluster.desired(),
    desired: (wanted, facts) => desiredResources(wanted, facts, cluster),
    observe: (signal) => observe(context, signal),
    observeImages: async (wanted, signal) =>
      (await import('./observe/images.ts')).observeImages(context, wanted, signal),
    preflight: async (plan, signal) => (await import('./preflight.ts')).preflightOf(context, plan, signal),
    apply: async (step, run) => {
      const { apply } = await import('./apply/apply.ts')
      try {
        await apply(context, step, run)
      } catch (error) {
        throw refusedStep(error, step)
      }
      if (step.op === 'delete' && step.resource.startsWith('cluster/')) await options.forget()
    },
    ready: async (wanted, run) =>
      (await import('./ready/ready.ts')).ready(context, wanted as KubeResource, run),
    endpoint: async (service, port) => (await reach()).endpoint(service, port),
    standing: async (service, port) => (await reach()).standing(service, port),
    forwarding: {
      forward: async (request) => (await reach()).forward(request),
      hold: async (ports, tell) => (await reach()).hold(ports, tell),
      held: async () => (await reach()).held(),
      release: async (services) => (await reach()).release(services),
    },
    async *logs(query, signal) {
      yield* (await import('./logs.ts')).readLogs(context, query, signal)
    },
    exec: async (request, signal) => (await import('./exec.ts')).execIn(context, request, signal),
    debug: async (request, image, signal) =>
      (await import('./exec-debug.ts')).execDebug(context, request, signal, image),
    runOnce: async (request, signal) => (await import('./run-once.ts')).runOnce(context, request, signal),
    syncing: kubernetesSyncing(context),
    render: (resources, rendered) => [
      ...(cluster.render?.(rendered) ?? []),
      ...render(resources as readonly KubeResource[], rendered),
    ],
    ...delegated(cluster),
    close: async () => {
      await (await reaching?.catch(() => undefined))?.close()
      await options.close()
    },
  }
}

/** What only some clusters know. */
function delegated(cluster: Cluster): Pick<Driver, 'preview' | 'leftovers'> {
  return {
    ...(cluster.preview && {
      preview: async (step, signal) => await cluster.preview?.(step, signal),
    }),
    ...(cluster.leftovers && {
      leftovers: async (signal) => (await cluster.leftovers?.(signal)) ?? [],
    }),
  }
}
