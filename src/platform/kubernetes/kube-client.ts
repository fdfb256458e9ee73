import type { KubeClient } from './client.ts'
import { forbiddenAmong } from './access.ts'
import { openConnection } from './connection.ts'
import { openCredentials, type TokenSource } from './credentials.ts'
import { openDiscovery } from './discovery.ts'
import { fieldsOf, textOf } from './entries.ts'
import type { LoadedContext } from './kubeconfig.ts'
import { listObjects } from './list.ts'
import { readLogs } from './logs.ts'
import { objectCalls } from './objects.ts'
import { openTransport, type Transport } from './transport.ts'
import { watchObjects } from './watch.ts'

export interface KubeClientOptions {
  /** Whether a credential command of the kubeconfig may ask at the terminal. Default: whether there is one. */
  readonly isInteractive?: boolean
  /** Deprecations and the like, in the server's own words. */
  readonly onWarning?: (text: string) => void
  /** Where tokens come from that no kubeconfig speaks of: a cloud's own. Default: from what the context's user says. */
  readonly tokens?: TokenSource
}

/** A client of the API server of one context. Connects at the first request; every request goes to that context. */
export function createKubeClient(context: LoadedContext, options: KubeClientOptions = {}): KubeClient {
  const transport = openTransport({
    context: context.name,
    open: () => openConnection(context),
    credentials: openCredentials(context, {
      isInteractive: options.isInteractive ?? (process.stdin.isTTY && process.stderr.isTTY),
      ...(options.tokens && { tokens: options.tokens }),
    }),
    ...(options.onWarning && { onWarning: options.onWarning }),
  })
  return clientOver(transport)
}

function clientOver(transport: Transport): KubeClient {
  let version: ReturnType<KubeClient['version']> | undefined
  return {
    context: transport.context,
    version: () => {
      const asking = (version ??= versionOf(transport))
      asking.catch(() => {
        if (version === asking) version = undefined
      })
      return asking
    },
    kindOf: openDiscovery(transport),
    list: (kind, options, signal) => listObjects(transport, kind, options, signal),
    ...objectCalls(transport),
    watch: (kind, options, signal) => watchObjects(transport, kind, options, signal),
    logs: (namespace, pod, options, signal) => readLogs(transport, namespace, pod, options, signal),
    exec: async (namespace, pod, options, signal) => {
      const { openExecution } = await import('./exec.ts')
      return await openExecution(transport, namespace, pod, options, signal)
    },
    forward: async (namespace, pod, port, signal) => {
      const { openForward } = await import('./forward.ts')
      return await openForward(transport, namespace, pod, port, signal)
    },
    forbidden: (questions, signal) => forbiddenAmong(transport, questions, signal),
    raw: (path, signal) => transport.call({ method: 'GET', path, ...(signal && { signal }) }),
    close: () => {
      transport.close()
    },
  }
}

async function versionOf(transport: Transport) {
  const answer = fieldsOf(await transport.call({ method: 'GET', path: '/version' }))
  // `34+` is what clouds say.
  const number = (value: unknown) => Number.parseInt(textOf(value) ?? '', 10)
  return {
    major: number(answer['major']),
    minor: number(answer['minor']),
    text: textOf(answer['gitVersion']) ?? '',
  }
}
