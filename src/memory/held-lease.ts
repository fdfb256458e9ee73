import { StepError } from '../plan/step-error.ts'
import { KubeError, type KubeClient, type KubeObject } from '../platform/kubernetes/client.ts'
import { kinds } from '../platform/kubernetes/kinds.ts'
import { hasStatus } from './cluster-error.ts'
import { claimOf, released, renewed, type LeaseClaim } from './lease-object.ts'

export interface HeldLease {
  /** Aborted, with a StepError, when somebody took it over. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** Beats for a Lease that was just taken. `beat` in milliseconds. */
export function keepLease(client: KubeClient, taken: KubeObject, claim: LeaseClaim, beat: number): HeldLease {
  const lost = new AbortController()
  let lease = taken
  let beating: Promise<void> | undefined
  const timer = setInterval(() => {
    // A failed beat is tried again by the next one; meanwhile a server that we cannot reach lets nobody take the lock either.
    beating ??= heartbeat()
      .catch(() => undefined)
      .finally(() => (beating = undefined))
  }, beat)
  timer.unref()

  async function heartbeat(): Promise<void> {
    try {
      lease = await client.replace(kinds.Lease, renewed(lease))
    } catch (error) {
      if (!hasStatus(error, 404, 409)) throw error
      await comeBack()
    }
  }

  /** Somebody touched it, took it over, or removed it with everything else in the namespace. */
  async function comeBack(): Promise<void> {
    const found = await client.get(kinds.Lease, lease.metadata.namespace, lease.metadata.name)
    if (!found) {
      const { resourceVersion: _gone, uid: _former, ...metadata } = lease.metadata
      lease = await client.create(kinds.Lease, renewed({ ...lease, metadata }))
    } else if (claimOf(found)?.nonce === claim.nonce) {
      lease = await client.replace(kinds.Lease, renewed(found))
    } else {
      clearInterval(timer)
      lost.abort(lostTo(claimOf(found)))
    }
  }

  async function letGo(): Promise<void> {
    clearInterval(timer)
    await beating
    if (lost.signal.aborted) return
    try {
      const { metadata } = await emptied()
      await client.remove(kinds.Lease, metadata.namespace, metadata.name, {
        ...(metadata.uid !== undefined && { uid: metadata.uid }),
      })
    } catch (error) {
      // Gone with its namespace, somebody else's by now, or out of reach: then whoever comes next finds no heartbeat.
      if (!(error instanceof KubeError || error instanceof StepError)) throw error
    }
  }

  /** Fails when it is no longer ours; nobody takes over what is on its way out. */
  async function emptied(): Promise<KubeObject> {
    try {
      return await client.replace(kinds.Lease, released(lease))
    } catch (error) {
      if (!hasStatus(error, 409)) throw error
      const found = await client.get(kinds.Lease, lease.metadata.namespace, lease.metadata.name)
      if (!found || claimOf(found)?.nonce !== claim.nonce) throw error
      return client.replace(kinds.Lease, released(found))
    }
  }

  let releasing: Promise<void> | undefined
  return { lost: lost.signal, release: () => (releasing ??= letGo()) }
}

function lostTo(successor: LeaseClaim | undefined): StepError {
  const who = successor ? `${successor.user}@${successor.host} (${successor.purpose})` : 'somebody else'
  return new StepError('interrupted', `the lock was lost to ${who}: this machine was silent for too long`, {
    hint: 'run this again when the other has ended; it goes on from what is there',
  })
}
