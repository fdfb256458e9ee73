import { connect, type Socket } from 'node:net'
import { StepError } from '../../src/plan/step-error.ts'
import type { KubeClient, KubeObject, WatchEvent } from '../../src/platform/kubernetes/client.ts'

/** Pods that are servers of this process, behind the two calls that a forward makes. */
export interface FakeCluster {
  readonly client: Pick<KubeClient, 'watch' | 'forward'>
  /** Pods that were dialled, in order. */
  readonly dialled: string[]
  /** Ready from now on; its connections go to a port of this machine. */
  add(pod: string, port: number): void
  /** Asked to go: told to whoever watches, connections stay. */
  leave(pod: string): void
  /** Gone, with its connections. */
  remove(pod: string): void
  /** The server forgets everybody who watches and lists anew. */
  relist(): void
}

interface FakePod {
  readonly port: number
  readonly sockets: Set<Socket>
  isLeaving: boolean
}

export function fakeCluster(): FakeCluster {
  const pods = new Map<string, FakePod>()
  const dialled: string[] = []
  const watchers = new Set<(event: WatchEvent) => void>()
  const tell = (event: WatchEvent): void => {
    for (const watcher of watchers) watcher(event)
  }
  const objects = (): KubeObject[] => [...pods].map(([name, pod]) => podObject(name, pod))

  async function* watch(_kind: unknown, _options: unknown, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const events: WatchEvent[] = [{ type: 'listed', objects: objects() }]
    let wake: () => void = () => undefined
    const watcher = (event: WatchEvent): void => {
      events.push(event)
      wake()
    }
    watchers.add(watcher)
    signal.addEventListener('abort', () => wake(), { once: true })
    while (!signal.aborted) {
      yield* events.splice(0)
      await new Promise<void>((resolve) => {
        wake = resolve
        if (events.length > 0 || signal.aborted) resolve()
      })
    }
    watchers.delete(watcher)
  }

  return {
    dialled,
    client: {
      watch,
      forward: (_namespace, name) => {
        dialled.push(name)
        const pod = pods.get(name)
        if (!pod) return Promise.reject(new StepError('deploy', `pod ${name} not found`))
        const socket = connect({ port: pod.port, host: '127.0.0.1', allowHalfOpen: true })
        pod.sockets.add(socket)
        socket.once('close', () => pod.sockets.delete(socket))
        return Promise.resolve(refusing(socket))
      },
    },
    add: (name, port) => {
      const pod: FakePod = { port, sockets: new Set(), isLeaving: false }
      pods.set(name, pod)
      tell({ type: 'added', object: podObject(name, pod) })
    },
    leave: (name) => {
      const pod = pods.get(name)
      if (!pod) return
      pod.isLeaving = true
      tell({ type: 'modified', object: podObject(name, pod) })
    },
    remove: (name) => {
      const pod = pods.get(name)
      if (!pod) return
      pods.delete(name)
      for (const socket of pod.sockets) socket.destroy()
      tell({ type: 'deleted', object: podObject(name, pod) })
    },
    relist: () => tell({ type: 'listed', objects: objects() }),
  }
}

/** The real door says so on a channel of its own, after the connection to the node stands. */
function refusing(socket: Socket): Socket {
  const destroy = socket.destroy.bind(socket)
  socket.destroy = (error?: Error & { code?: string }) =>
    destroy(error?.code === 'ECONNREFUSED' ? new StepError('deploy', 'connect: connection refused') : error)
  return socket
}

function podObject(name: string, { isLeaving }: FakePod): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, ...(isLeaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }
}
