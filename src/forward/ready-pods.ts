import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { kinds } from '../platform/kubernetes/kinds.ts'
import type { KubeClient, KubeObject } from '../platform/kubernetes/client.ts'

/** A pod that takes connections, until `left` is aborted. */
export interface ReadyPod {
  readonly name: string
  readonly uid: string
  /** Aborted when it is being deleted, is gone, or is no longer ready. */
  readonly left: AbortSignal
}

/** Who takes connections now, kept up to date by a watch. */
export interface ReadyPods {
  /** The next one in turn that is not among `tried`. */
  next(tried: ReadonlySet<string>): ReadyPod | undefined
  count(): number
  /** The server has told who there is. */
  isKnown(): boolean
  /** Comes back at the next change of who is ready. */
  changed(): Promise<void>
}

export interface ReadyPodsOptions {
  readonly client: Pick<KubeClient, 'watch'>
  readonly namespace: string
  readonly selector: Readonly<Record<string, string>>
  /** Told when the server cannot say who is ready, and with undefined when it can again. */
  readonly onProblem: (problem: string | undefined) => void
  readonly signal: AbortSignal
}

export function watchReadyPods(options: ReadyPodsOptions): ReadyPods {
  const pods = new Map<string, ReadyPod & { readonly leave: () => void }>()
  let turn = 0
  let isKnown = false
  let change = signalOnce()
  const tell = (): void => {
    const told = change
    change = signalOnce()
    told.fire()
  }
  const remove = (uid: string): void => {
    const pod = pods.get(uid)
    if (!pod) return
    pods.delete(uid)
    pod.leave()
    tell()
  }
  const take = (object: KubeObject): void => {
    const uid = object.metadata.uid ?? object.metadata.name
    if (!isReady(object)) {
      remove(uid)
      return
    }
    if (pods.has(uid)) return
    const left = new AbortController()
    // Each connection listens.
    setMaxListeners(0, left.signal)
    pods.set(uid, { name: object.metadata.name, uid, left: left.signal, leave: () => left.abort() })
    tell()
  }
  void follow(options, {
    listed: (objects) => {
      isKnown = true
      const present = new Set(objects.map(({ metadata }) => metadata.uid ?? metadata.name))
      for (const uid of [...pods.keys()]) if (!present.has(uid)) remove(uid)
      objects.forEach(take)
    },
    changed: take,
    deleted: ({ metadata }) => remove(metadata.uid ?? metadata.name),
  })
  return {
    next(tried) {
      const free = [...pods.values()].filter(({ uid }) => !tried.has(uid))
      turn += 1
      return free[turn % Math.max(1, free.length)]
    },
    count: () => pods.size,
    isKnown: () => isKnown,
    changed: () => change.promise,
  }
}

interface Listener {
  listed(objects: readonly KubeObject[]): void
  changed(object: KubeObject): void
  deleted(object: KubeObject): void
}

/** A watch goes on by itself; what ends it (a refusal, a cluster that is gone) is told, and it is tried again for as long as we live. */
async function follow(options: ReadyPodsOptions, listener: Listener): Promise<void> {
  const { client, namespace, selector, signal, onProblem } = options
  const labelSelector = Object.entries(selector)
    .map(([label, value]) => `${label}=${value}`)
    .join(',')
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, longestPause)) {
    try {
      for await (const event of client.watch(kinds.Pod, { namespace, labelSelector }, signal)) {
        onProblem(undefined)
        pause = 500
        if (event.type === 'listed') listener.listed(event.objects)
        else if (event.type === 'deleted') listener.deleted(event.object)
        else listener.changed(event.object)
      }
    } catch (error) {
      onProblem(error instanceof Error ? error.message : String(error))
    }
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

const longestPause = 10_000

/** Its condition says so, and nobody has asked it to go. */
function isReady({ metadata, status }: KubeObject): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  const conditions = (status as { conditions?: readonly { type: string; status: string }[] } | undefined)
    ?.conditions
  return conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false
}

function signalOnce(): { readonly promise: Promise<void>; readonly fire: () => void } {
  let fire: () => void = () => undefined
  const promise = new Promise<void>((resolve) => {
    fire = resolve
  })
  return { promise, fire }
}
