import type { Socket } from 'node:net'
import type { KubeClient } from '../platform/kubernetes/client.ts'
import { Conversation } from './conversation.ts'
import { dial, type DialOptions } from './dial.ts'
import { listenLocally, localHost, type LocalAddress } from './local-port.ts'
import { watchReadyPods } from './ready-pods.ts'

/** A port of pods, whichever of them are ready. */
export interface ForwardTarget {
  readonly namespace: string
  /** Labels of the pods. */
  readonly selector: Readonly<Record<string, string>>
  /** Of their container. */
  readonly port: number
}

export interface ForwardOptions {
  readonly client: Pick<KubeClient, 'watch' | 'forward'>
  readonly target: ForwardTarget
  readonly local: LocalAddress
  readonly onEvent?: (event: ForwardEvent) => void
  /** How long a connection waits for a ready pod, in milliseconds. Default: 5000. */
  readonly patience?: number
  /** How long a pod that says nothing may still answer a client that has ended its side, in milliseconds. Default: 10000. */
  readonly linger?: number
  /** How many connections may wait at once; further ones are closed. Default: 1000. */
  readonly queue?: number
}

export type ForwardEvent =
  /** The wanted port is somebody else's; `taken` says whose. */
  | { readonly type: 'moved'; readonly port: number; readonly taken: string }
  /** The first connection waits because no pod is ready. */
  | { readonly type: 'held' }
  /** All that waited were served or closed. */
  | { readonly type: 'released' }
  | { readonly type: 'refused'; readonly why: string }
  /** The cluster does not say which pods are ready; undefined: it does again. */
  | { readonly type: 'problem'; readonly problem: string | undefined }

export interface ForwardCounts {
  /** Connections now, those that wait included. */
  readonly open: number
  readonly held: number
  /** Since the beginning. */
  readonly total: number
  readonly refused: number
  /** Bytes. */
  readonly sent: number
  readonly received: number
}

/** A port of this machine that leads to ready pods until it is closed, whichever pods these are. */
export interface Forward {
  readonly host: string
  readonly port: number
  counts(): ForwardCounts
  /** Pods that would take a connection now; undefined until the cluster has told. */
  ready(): number | undefined
  /** Ends its connections too. */
  close(): Promise<void>
}

/**
 * Opens a port of this machine for pods. The listener stays while they come and go: each connection goes to a ready pod, waits
 * for one where there is none, and goes to another one when the first refuses it. StepError when the port is taken that was
 * asked for.
 */
export async function openForward(options: ForwardOptions): Promise<Forward> {
  const {
    client,
    target,
    patience = 5000,
    linger = 10_000,
    queue = 1000,
    onEvent = () => undefined,
  } = options
  const { namespace, selector, port } = target
  const closing = new AbortController()
  const clients = new Set<Socket>()
  const counts = { held: 0, total: 0, refused: 0, sent: 0, received: 0 }
  let problem: string | undefined
  const refuse = (why: string): void => {
    counts.refused += 1
    onEvent({ type: 'refused', why })
  }

  const { server, port: localPort, moved } = await listenLocally(options.local, serve)
  const pods = watchReadyPods({
    client,
    namespace,
    selector,
    onProblem: (next) => {
      if (next === problem || closing.signal.aborted) return
      problem = next
      onEvent({ type: 'problem', problem })
    },
    signal: closing.signal,
  })
  if (moved !== undefined) onEvent({ type: 'moved', port: localPort, taken: moved })

  function serve(socket: Socket): void {
    counts.total += 1
    if (counts.held >= queue) {
      refuse(`${queue} connections wait already`)
      socket.destroy()
      return
    }
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
    new Conversation({
      client: socket,
      dial: (attempt, signal) => dial(dialling, attempt, signal),
      patience,
      linger,
      onBytes: (direction, bytes) => {
        counts[direction] += bytes
      },
      onHeld: hold,
      onRefused: refuse,
    })
  }

  const dialling: DialOptions = { client, namespace, port, pods }
  let isTold = false
  const hold = (isHeld: boolean): void => {
    counts.held += isHeld ? 1 : -1
    if (isHeld && !isTold && pods.isKnown() && pods.count() === 0) {
      isTold = true
      onEvent({ type: 'held' })
    }
    if (counts.held === 0 && isTold) {
      isTold = false
      onEvent({ type: 'released' })
    }
  }

  return {
    host: localHost,
    port: localPort,
    counts: () => ({ ...counts, open: clients.size }),
    ready: () => (pods.isKnown() ? pods.count() : undefined),
    close: async () => {
      closing.abort()
      for (const socket of clients) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
