import type { Duplex } from 'node:stream'
import { StepError } from '../plan/step-error.ts'
import type { KubeClient } from '../platform/kubernetes/client.ts'
import type { ReadyPod, ReadyPods } from './ready-pods.ts'

/** A connection to a pod. */
export interface Link {
  readonly pod: ReadyPod
  readonly stream: Duplex
}

export interface DialOptions {
  readonly client: Pick<KubeClient, 'forward'>
  readonly namespace: string
  readonly port: number
  readonly pods: ReadyPods
}

const noneReady = 'no pod is ready'

/** What was tried for one request. */
export interface Attempt {
  /** A time of `performance.now()`: the clock on the wall may jump. */
  readonly deadline: number
  /** Pods that refused, by uid. */
  readonly tried: Set<string>
  /** Why nobody has taken it yet. */
  why: string
}

export function newAttempt(patience: number): Attempt {
  return { deadline: performance.now() + patience, tried: new Set(), why: noneReady }
}

/**
 * A connection to a ready pod, another one where the first refuses, and the next one that gets ready where there is none.
 * Undefined after the deadline, and when `signal` says that nobody waits any more.
 */
export async function dial(
  { client, namespace, port, pods }: DialOptions,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Link | undefined> {
  const { tried, deadline } = attempt
  while (!signal.aborted) {
    const left = deadline - performance.now()
    if (left <= 0) return undefined
    const pod = pods.next(tried)
    if (pod) {
      try {
        const stream = await within(Math.min(left, longestDial), signal, (limit) =>
          client.forward(namespace, pod.name, port, limit),
        )
        return { pod, stream }
      } catch (error) {
        tried.add(pod.uid)
        // A try that only the deadline cut short says less than what was heard before.
        if (performance.now() < deadline || attempt.why === noneReady)
          attempt.why = error instanceof Error ? error.message : String(error)
      }
      continue
    }
    const isAgain = pods.count() > 0
    if (!isAgain) attempt.why = noneReady
    // Where all have refused once, they get another chance after a moment, or when there is somebody new.
    await waited(pods.changed(), isAgain ? Math.min(left, again) : left, signal)
    if (isAgain) tried.clear()
  }
  return undefined
}

/** The pod never took the connection, so nothing that was sent has reached it. */
export function isRefusal(error: Error): boolean {
  if (!(error instanceof StepError)) return false
  const words = [error.message, ...error.evidence].join(' ')
  return /connection refused|refuses the connection|sandbox|not running|not found|no such container/i.test(
    words,
  )
}

/** A node that does not answer must not use up the patience: there may be another pod. */
const longestDial = 2000
const again = 100

async function within(
  milliseconds: number,
  signal: AbortSignal,
  open: (limit: AbortSignal) => Promise<Duplex>,
): Promise<Duplex> {
  const limit = new AbortController()
  const abort = (): void => limit.abort(new Error('it did not answer in time'))
  const timer = setTimeout(abort, milliseconds)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await open(limit.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function waited(change: Promise<void>, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
    void change.then(done)
  })
}
