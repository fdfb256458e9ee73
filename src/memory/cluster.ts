import { randomUUID } from 'node:crypto'
import type { KubeClient, KubeObject } from '../platform/kubernetes/client.ts'
import { refused } from './cluster-error.ts'
import type { HeldLease } from './held-lease.ts'
import { homeOf, topOf, type Key } from './homes.ts'
import { takeLease, type Rhythm } from './lease.ts'
import type { Memory, MemoryLock } from './memory.ts'
import { openSharedValues } from './shared-values.ts'
import { findNamespace, namespaceObject, provideNamespace, type Waiting } from './target-namespace.ts'

export interface ClusterMemoryOptions {
  /** Of this machine: it keeps what concerns nobody else, and its lock is taken first. */
  readonly local: Memory
  /** Undefined while the cluster is not there. Asked again and again: whoever opens it keeps it. */
  readonly client: () => Promise<KubeClient | undefined>
  readonly namespace: string
  readonly project: string
  /** The namespace as it is applied when it is missing; default: with our labels and nothing else. */
  readonly namespaceObject?: KubeObject
  /** The profile names the namespace, so it is used even if somebody else made it. Default: when it is not called like the project. */
  readonly isNamespaceGiven?: boolean
  /** Ends the waiting for an abandoned lock; default: nothing does. */
  readonly signal?: AbortSignal
  /** Told why something takes longer than a moment. */
  readonly tell?: (text: string) => void
  /** For a namespace that is going. */
  readonly waiting?: Pick<Waiting, 'pause' | 'patience'>
  /** Default: a heartbeat every 5 s, lost after 15 s. */
  readonly rhythm?: Rhythm
}

/**
 * The memory of a target that is a cluster. What colleagues and CI must share lies in Secrets of the namespace, which have no
 * resource label: no plan ever sees them, and only `clear` and the end of the namespace remove them. The rest stays in the local
 * folder; `homes.ts` says what is whose. Without a cluster there is nothing to read, and writing what is shared is a StepError.
 */
export function openClusterMemory(options: ClusterMemoryOptions): Memory {
  const { local, client, project, namespace: name } = options
  const namespace = {
    object: options.namespaceObject ?? namespaceObject(project, name),
    isGiven: options.isNamespaceGiven ?? name !== project,
  }
  const { signal, tell = () => undefined, rhythm } = options
  const waiting: Waiting = { tell, ...(signal && { signal }), ...options.waiting }
  let held: ClusterLock | undefined
  let isProvided = false
  const values = openSharedValues({
    namespace: name,
    project,
    client,
    provide: async (kube) => {
      if (!isProvided) await provideNamespace(kube, namespace, waiting)
      isProvided = true
      await held?.reach()
    },
  })

  async function lock(purpose: string): Promise<MemoryLock> {
    const localLock = await local.lock(purpose)
    const made = createClusterLock(localLock, () => takeLeaseFor(purpose))
    try {
      await made.reach()
    } catch (error) {
      await localLock.release()
      throw error
    }
    held = made
    return {
      ...made,
      release: async () => {
        held = undefined
        await made.release()
      },
    }
  }

  async function takeLeaseFor(purpose: string): Promise<HeldLease | undefined> {
    const kube = await client()
    if (!kube || !(await findNamespace(kube, namespace, waiting))) return undefined
    isProvided = true
    const place = await placeOf(local)
    try {
      const lease = await takeLease({
        client: kube,
        namespace: name,
        project,
        purpose,
        place,
        tell,
        ...(signal && { signal }),
        ...(rhythm && { rhythm }),
      })
      // What was read before may have been changed by the holder before us.
      values.forget()
      return lease
    } catch (error) {
      throw refused(error, 'take the lock of the stack', name)
    }
  }

  return {
    folder: local.folder,
    read: (key) => (homeOf(key) === 'cluster' ? values.read(key) : local.read(key)),
    write: (key, value) => (homeOf(key) === 'cluster' ? values.write(key, value) : local.write(key, value)),
    remove: (key) => (homeOf(key) === 'cluster' ? values.remove(key) : local.remove(key)),
    list: async (prefix) => {
      const folder = prefix.replace(/\/$/, '')
      if (isOfMachine(folder)) return local.list(prefix)
      const shared = (await values.keys()).filter((key) => folder === '' || key.startsWith(`${folder}/`))
      // The folder is also that of targets on this machine, whose secrets are none of this one.
      const own = (await local.list(prefix)).filter(isOfMachine)
      return [...own, ...shared].sort()
    },
    lock,
    clear: async (keep) => {
      const kept = new Set(keep)
      // Namespace or cluster may have gone since it was looked at.
      values.forget()
      for (const key of await values.keys()) if (!kept.has(topOf(key))) await values.remove(key)
      await local.clear(keep, keysOfMachine)
    },
  }
}

/** What a stack in a cluster keeps on this machine. */
const keysOfMachine = [
  'file-hashes',
  'pre-steps',
  'ports',
  'engine',
  'place',
  'sync',
] as const satisfies readonly Key[]

function isOfMachine(key: string): boolean {
  return keysOfMachine.some((top) => top === topOf(key))
}

interface ClusterLock extends MemoryLock {
  reach(): Promise<void>
  readonly lost: AbortSignal
}

/** The local lock, and the Lease as soon as there is something that can hold it. */
function createClusterLock(local: MemoryLock, take: () => Promise<HeldLease | undefined>): ClusterLock {
  const lost = new AbortController()
  let lease: HeldLease | undefined
  let reaching: Promise<void> | undefined

  async function reachOnce(): Promise<void> {
    lease = await take()
    const signal = lease?.lost
    signal?.addEventListener('abort', () => lost.abort(signal.reason), { once: true })
  }

  return {
    lost: lost.signal,
    reach: async () => {
      if (lease) return
      reaching ??= reachOnce().finally(() => (reaching = undefined))
      await reaching
    },
    release: async () => {
      try {
        await lease?.release()
      } finally {
        await local.release()
      }
    },
  }
}

/** What tells this state folder from every other one, of this machine or of others. */
async function placeOf(local: Memory): Promise<string> {
  const known = await local.read('place')
  if (typeof known === 'string') return known
  const made = randomUUID()
  await local.write('place', made)
  return made
}
