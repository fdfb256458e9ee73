import { setMaxListeners } from 'node:events'
import type { KindOfObject, KubeClient, KubeObject, WatchEvent } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { below } from '../diagnose/json.ts'
import { sceneOf, type Scene } from '../diagnose/scene.ts'
import { refusal } from '../diagnose/refusal.ts'
import { stopwatch } from '../diagnose/verdict.ts'
import { projectLabel } from '../labels.ts'
import { storageClasses } from '../observe/observe.ts'

/** What happens in a namespace, for all who wait for something in it. */
export interface Live {
  /** As it is now. The same one until something changes. */
  scene(): Scene
  /** Resolves at the next change, or after so many milliseconds. Rejects when the cluster can no longer be watched. */
  changed(within: number, signal: AbortSignal): Promise<void>
  release(): void
}

interface Shared {
  readonly live: Live
  readonly listed: Promise<void>
  readonly end: AbortController
  users: number
}

export interface LivePlace {
  readonly project: string
  readonly namespace: string
  readonly mayGrow: boolean
}

const watched = [
  kinds.Deployment,
  kinds.ReplicaSet,
  kinds.StatefulSet,
  kinds.DaemonSet,
  kinds.Job,
  kinds.Pod,
  kinds.Service,
  kinds.EndpointSlice,
  kinds.PersistentVolumeClaim,
  kinds.Event,
] as const

/** Milliseconds that watches outlive the last who needs them: the next step is about to. */
const linger = 500
/** Milliseconds in which changes count as one: they come in swarms. */
const swarm = 15

const shared = new WeakMap<KubeClient, Map<string, Shared>>()

/** One set of watches for all steps that wait at a time, whatever their number. Release it when done. */
export async function openLive(client: KubeClient, place: LivePlace, signal: AbortSignal): Promise<Live> {
  const places = shared.get(client) ?? new Map<string, Shared>()
  shared.set(client, places)
  const key = `${place.project} ${place.namespace}`
  const known = places.get(key) ?? startWatching(client, place, () => places.delete(key))
  places.set(key, known)
  known.users += 1
  let isReleased = false
  const release = (): void => {
    if (isReleased) return
    isReleased = true
    known.users -= 1
    if (known.users > 0) return
    setTimeout(() => {
      if (known.users === 0) known.end.abort()
    }, linger).unref()
  }
  try {
    await raced(known.listed, signal)
  } catch (error) {
    release()
    const object = { kind: 'namespace', metadata: { name: place.namespace } }
    throw refusal(error, { verb: 'watch', object, from: undefined })
  }
  return { ...known.live, release }
}

function startWatching(client: KubeClient, place: LivePlace, onEnd: () => void): Shared {
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  end.signal.addEventListener('abort', onEnd)
  const objects = new Map<string, KubeObject>()
  const elapsed = stopwatch()
  let classes: readonly KubeObject[] | undefined
  let hasAsked = false
  let scene: Scene | undefined
  let failure: { readonly error: unknown } | undefined
  let waiting: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined

  function wake(): void {
    const woken = waiting
    waiting = []
    timer = undefined
    woken.forEach((each) => {
      each()
    })
  }

  function onChange(): void {
    scene = undefined
    timer ??= setTimeout(wake, swarm)
  }

  function fail(error: unknown): void {
    if (end.signal.aborted) return
    const object = { kind: 'namespace', metadata: { name: place.namespace } }
    failure = { error: refusal(error, { verb: 'watch', object, from: undefined }) }
    wake()
    end.abort()
  }

  function askForClasses(): void {
    const isOpen = [...objects.values()].some(
      (object) => object.kind === 'PersistentVolumeClaim' && below(object, 'status', 'phase') === 'Pending',
    )
    if (hasAsked || !isOpen) return
    hasAsked = true
    storageClasses(client, end.signal).then((found) => {
      classes = found
      onChange()
    }, fail)
  }

  const listed = Promise.all(
    watched.map((kind) =>
      follow(
        client,
        kind,
        place,
        end.signal,
        (event) => {
          take(objects, kind, event)
          if (kind === kinds.PersistentVolumeClaim) askForClasses()
          onChange()
        },
        fail,
      ),
    ),
  ).then(() => undefined)
  listed.catch(fail)

  return {
    end,
    listed,
    users: 0,
    live: {
      scene: () =>
        (scene ??= sceneOf({ objects: objects.values(), classes, mayGrow: place.mayGrow, elapsed })),
      changed: async (within, signal) => {
        await nextChange(within, signal)
        if (failure) throw failure.error
      },
      release: () => undefined,
    },
  }

  function nextChange(within: number, signal: AbortSignal): Promise<void> {
    if (failure) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        done()
        reject(signal.reason as Error)
      }
      const limit = setTimeout(() => {
        done()
        resolve()
      }, within)
      const onWake = (): void => {
        done()
        resolve()
      }
      function done(): void {
        clearTimeout(limit)
        signal.removeEventListener('abort', onAbort)
        waiting = waiting.filter((each) => each !== onWake)
      }
      waiting.push(onWake)
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
    })
  }
}

/** Resolves when everything there is has been listed; goes on until the signal. */
function follow(
  client: KubeClient,
  kind: KindOfObject,
  { project, namespace }: LivePlace,
  signal: AbortSignal,
  onEvent: (event: WatchEvent) => void,
  onFailure: (error: unknown) => void,
): Promise<void> {
  // Nobody labels events.
  const labelSelector = kind === kinds.Event ? undefined : `${projectLabel}=${project}`
  const options = { namespace, ...(labelSelector !== undefined && { labelSelector }) }
  return new Promise((resolve, reject) => {
    const read = async (): Promise<void> => {
      for await (const event of client.watch(kind, options, signal)) {
        onEvent(event)
        if (event.type === 'listed') resolve()
      }
    }
    read().then(resolve, (error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)))
      onFailure(error)
    })
  })
}

function take(objects: Map<string, KubeObject>, { kind }: KindOfObject, event: WatchEvent): void {
  const keyOf = (object: KubeObject): string => `${kind} ${object.metadata.name}`
  switch (event.type) {
    case 'listed':
      for (const key of objects.keys()) if (key.startsWith(`${kind} `)) objects.delete(key)
      for (const object of event.objects) objects.set(keyOf(object), object)
      return
    case 'added':
    case 'modified':
      objects.set(keyOf(event.object), event.object)
      return
    case 'deleted':
      objects.delete(keyOf(event.object))
      return
    default:
      event satisfies never
  }
}

/** Whoever is interrupted does not wait for what others share. */
async function raced(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  let onAbort: () => void = () => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort)
  })
  try {
    await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
