import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient, KubeObject } from '../platform/kubernetes/client.ts'
import { kinds } from '../platform/kubernetes/kinds.ts'
import { hasStatus } from './cluster-error.ts'
import { keepLease, type HeldLease } from './held-lease.ts'
import { claimOf, isReleased, leaseOf, renewedAt, type LeaseClaim } from './lease-object.ts'
import { LockedError } from './memory.ts'
import { userName } from './user-name.ts'

/** Milliseconds. */
export interface Rhythm {
  /** Between heartbeats. */
  readonly beat: number
  /** Without a heartbeat, after which a holder has lost its lock. */
  readonly patience: number
  /** Between looks at somebody else's Lease. */
  readonly look: number
}

const usualRhythm: Rhythm = { beat: 5_000, patience: 15_000, look: 1_000 }
/** How often others may be seen to come and go before that counts as a fault of ours. */
const mostAttempts = 50

export interface LeaseOptions {
  readonly client: KubeClient
  readonly namespace: string
  readonly project: string
  readonly purpose: string
  /** What tells the state folder of the holder from every other one. Whoever asks holds its local lock. */
  readonly place: string
  readonly signal?: AbortSignal
  /** Told when it takes longer than a moment. */
  readonly tell: (text: string) => void
  readonly rhythm?: Rhythm
}

/**
 * Takes the Lease of a project, or throws LockedError while a live holder has it. Undefined while the namespace is not there. A holder
 * whose clock agrees with ours is known to live by its last heartbeat; for any other we watch for as long as a heartbeat may
 * take to be lost, so that no comparison of two machines' clocks ever takes a lock from somebody.
 */
export async function takeLease(options: LeaseOptions): Promise<HeldLease | undefined> {
  const rhythm = options.rhythm ?? usualRhythm
  const claim: LeaseClaim = {
    nonce: randomBytes(8).toString('hex'),
    place: options.place,
    pid: process.pid,
    host: hostname(),
    user: userName(),
    purpose: options.purpose,
    since: Date.now(),
  }
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const taken = await tryToTake(options, rhythm, claim)
    if (taken === 'no namespace') return undefined
    if (taken !== 'changed') return keepLease(options.client, taken, claim, rhythm.beat)
  }
  throw new Error(
    `the Lease of ${options.project} changed its owner ${mostAttempts} times while it was taken`,
  )
}

async function tryToTake(
  options: LeaseOptions,
  rhythm: Rhythm,
  claim: LeaseClaim,
): Promise<KubeObject | 'changed' | 'no namespace'> {
  const { client, namespace, signal } = options
  const wanted = leaseOf(options, claim, rhythm.patience)
  try {
    return await client.create(kinds.Lease, wanted, signal)
  } catch (error) {
    if (hasStatus(error, 404)) return 'no namespace'
    if (!hasStatus(error, 409)) throw error
  }
  const found = await client.get(kinds.Lease, namespace, wanted.metadata.name, signal)
  if (!found) return 'changed'
  if (isReleased(found)) {
    // Nobody ever puts a new holder into a released one, so this cannot hit a successor.
    await ignoring([404, 409], removeThis(client, found))
    return 'changed'
  }
  const lost = claimOf(found)?.place === options.place ? found : await demandLost(options, rhythm, found)
  if (!lost) return 'changed'
  const { resourceVersion } = lost.metadata
  const successor = {
    ...wanted,
    metadata: { ...wanted.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
  }
  return (await ignoring([404, 409], client.replace(kinds.Lease, successor, signal))) ?? 'changed'
}

/**
 * The Lease as it was seen last, when it had no heartbeat for as long as its holder may be silent; undefined when it is gone.
 * LockedError as soon as there is one.
 */
async function demandLost(
  options: LeaseOptions,
  rhythm: Rhythm,
  found: KubeObject,
): Promise<KubeObject | undefined> {
  const { client, namespace, signal, tell } = options
  if (Math.abs(Date.now() - renewedAt(found)) <= rhythm.patience) throw lockedBy(found)
  const { user, host } = claimOf(found) ?? nobody
  tell(`the lock of ${user}@${host} looks abandoned; watching it for ${Math.round(rhythm.patience / 1000)} s`)
  const end = performance.now() + rhythm.patience
  let seen: KubeObject | undefined = found
  while (performance.now() < end) {
    await sleep(rhythm.look, undefined, signal && { signal })
    seen = await client.get(kinds.Lease, namespace, found.metadata.name, signal)
    if (!seen || isReleased(seen)) return undefined
    if (renewedAt(seen) !== renewedAt(found)) throw lockedBy(seen)
  }
  return seen
}

const nobody = { pid: 0, host: 'elsewhere', user: 'somebody', purpose: 'unknown', since: undefined }

function lockedBy(lease: KubeObject): LockedError {
  const heartbeat = renewedAt(lease)
  const { pid, host, user, purpose, since } = claimOf(lease) ?? nobody
  return new LockedError({ pid, host, user, purpose, since: since ?? heartbeat, heartbeat })
}

function removeThis(client: KubeClient, { metadata }: KubeObject): Promise<boolean> {
  return client.remove(kinds.Lease, metadata.namespace, metadata.name, {
    ...(metadata.uid !== undefined && { uid: metadata.uid }),
  })
}

/** The result, or undefined when the API refuses with one of these. */
async function ignoring<T>(statuses: readonly number[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (hasStatus(error, ...statuses)) return undefined
    throw error
  }
}
